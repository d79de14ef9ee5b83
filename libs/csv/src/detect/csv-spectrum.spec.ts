import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAIN_DIALECT } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { headerOf, readRows } from '../index.js';
import { detectDialect } from './detect-dialect.js';

const directory = join(import.meta.dirname, '../../../../tests/fixtures/csv-spectrum');
const cases = readdirSync(directory)
  .filter((file) => file.endsWith('.csv'))
  .map((file) => file.slice(0, -4));

describe('csv-spectrum', () => {
  it('has all its cases', () => {
    expect(cases).toHaveLength(11);
  });

  it.each(cases)('%s is read in the dialect that is found', (name) => {
    const text = readFileSync(join(directory, `${name}.csv`));
    const expected: Record<string, string>[] = JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'));
    const { dialect } = detectDialect(text, { complete: true });
    expect(dialect).toEqual(PLAIN_DIALECT);
    for (const by of [dialect, { ...dialect, record_end: 'any' as const }]) {
      const { names } = headerOf(text, by);
      const objects = [...readRows(text, by)].map(({ fields }) =>
        Object.fromEntries(fields.map((field, column) => [names?.[column], field])),
      );
      expect(objects).toEqual(expected);
    }
  });
});
