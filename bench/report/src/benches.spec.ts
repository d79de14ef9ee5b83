import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BENCHES, chooseBenches } from './benches.mjs';

describe('the benches of a report', () => {
  it('are scripts of this folder', () => {
    const missing = BENCHES.filter(({ script }) => !existsSync(join(import.meta.dirname, '../..', script)));
    expect(missing.map(({ script }) => script)).toEqual([]);
  });

  it('are all, or those that were named', () => {
    expect(chooseBenches(undefined)).toEqual(BENCHES);
    expect(chooseBenches('live,filter').map(({ name }) => name)).toEqual(['live', 'filter']);
    expect(() => chooseBenches('live,lvie')).toThrow('lvie is no bench');
  });
});
