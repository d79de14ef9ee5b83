import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readResults, writeResult } from './results.mjs';

const directory = mkdtempSync(join(tmpdir(), 'millrace-results-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('results', () => {
  it('are kept by bench, the newest in the place of the former one', () => {
    writeResult(directory, { bench: 'live', command: 'a', result: { p50_ms: 1 } });
    writeResult(directory, { bench: 'filter', command: 'b', result: {} });
    writeResult(directory, { bench: 'live', command: 'c', result: { p50_ms: 2 } });
    // What a report that was stopped leaves.
    writeFileSync(join(directory, 'load.json.new'), '{');
    const { live, filter } = readResults(directory);
    expect([live.command, live.result, filter.command]).toEqual(['c', { p50_ms: 2 }, 'b']);
    expect(readdirSync(directory).filter((name) => name.endsWith('.json'))).toEqual(['filter.json', 'live.json']);
  });

  it('have six digits, and whole numbers as they are', () => {
    writeResult(directory, { bench: 'live', command: 'd', result: { share: 0.123456789, bytes: 123456789 } });
    expect(readResults(directory).live.result).toEqual({ share: 0.123457, bytes: 123456789 });
  });
});
