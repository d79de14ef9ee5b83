import { hashKey, hashPosition } from '@millrace/columnar';
import { ENTRY_KIND } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { columnOf, datasetOf, fileChunk, keysOf, tableOf } from './testing/any-dataset.js';
import { liveChunkOf } from './testing/read-cleaned.js';

function lanesOf(key: string): { low: number; high: number } {
  const bytes = Buffer.from(key);
  const lanes = new Uint32Array(2);
  hashKey(bytes, 0, bytes.length, lanes, 0);
  return { low: lanes[0], high: lanes[1] };
}

const required = (name: string, type: string, more = {}) => ({ name, type, required: true, ...more });

describe('the key of a row', () => {
  it.each<[string, Record<string, unknown>[], string, string[]]>([
    ['one text column', [required('id', 'text')], 'a"b\nc\n', ['a"b', 'c']],
    ['one dimension', [required('id', 'text', { dimension: true })], 'x\ny\n', ['x', 'y']],
    ['an integer', [required('id', 'integer')], '007\n-1\n', ['["7"]', '["-1"]']],
    ['a bigint', [required('id', 'bigint')], '9223372036854775807\n', ['["9223372036854775807"]']],
    ['a date', [required('id', 'date')], '2024-01-31\n', ['["2024-01-31"]']],
    ['a boolean', [required('id', 'boolean')], 'yes\nN\n', ['["true"]', '["false"]']],
    ['a decimal', [required('id', 'decimal', { precision: 9, scale: 4 })], '1.50\n-2.000\n', ['["1.5"]', '["-2"]']],
    [
      'a timestamp',
      [required('id', 'timestamp')],
      '2024-01-31 10:00:00.50+01:00\n0001-01-01\n',
      ['["2024-01-31T09:00:00.5Z"]', '["0001-01-01T00:00:00Z"]'],
    ],
    [
      'several columns',
      [required('a', 'text'), required('b', 'text', { dimension: true }), required('c', 'integer')],
      '"A ""1""",x,3\nB\\,y,4\n',
      ['["A \\"1\\"","x","3"]', '["B\\\\","y","4"]'],
    ],
  ])('of %s is hashed as its key text', (_, columns, text, keys) => {
    const plan = datasetOf(columns, { key: columns.map(({ name }) => name) });
    const cleaned = cleanChunk(plan, fileChunk(plan, text, keys.length));
    const found = keysOf(plan, cleaned);
    expect(found.map(({ key }) => key).sort()).toEqual([...keys].sort());
    for (const { key, low, high } of found) expect({ low, high }).toEqual(lanesOf(key));
  });

  it('does not hang on how its values were written', () => {
    const plan = datasetOf([required('a', 'decimal'), required('b', 'timestamp')], { key: ['a', 'b'] });
    const text = '1.5,2024-01-01T00:00:00Z\n01.500,2024-01-01 01:00+01\n15e-1,2024-01-01\n';
    const found = keysOf(plan, cleanChunk(plan, fileChunk(plan, text, 3)));
    expect(new Set(found.map(({ low, high }) => `${low} ${high}`)).size).toBe(1);
  });
});

describe('rows without a key', () => {
  const plan = columnOf({ type: 'text' }, { key: 'none' });

  it('are placed by their source and record', () => {
    const cleaned = cleanChunk(plan, fileChunk(plan, 'k,a\nk,a\n', 2, { first_record: 7 }));
    expect([...tableOf(plan, cleaned).keys()].sort()).toEqual([7, 8]);
    const lanes = new Uint32Array(4);
    hashPosition(3, 7, lanes, 0);
    hashPosition(3, 8, lanes, 1);
    const found = cleaned.batches.flatMap(({ message }) => [message]).length;
    expect(found).toBeGreaterThan(0);
    expect(new Set([lanes[0], lanes[2]]).size).toBe(2);
  });

  it('are spread over the parts, from files and from inboxes', () => {
    const text = 'k,a\n'.repeat(2000);
    const from_file = cleanChunk(plan, fileChunk(plan, text, 2000));
    const entries = Array.from({ length: 2000 }, (_, row) => [5 * row, ENTRY_KIND.csv, Buffer.from('k,a')] as const);
    const live = cleanChunk(
      plan,
      liveChunkOf(
        entries.map(([...entry]) => entry),
        2000,
      ),
    );
    for (const { batches } of [from_file, live]) {
      expect(batches.map(({ rows }) => rows).every((rows) => rows > 850)).toBe(true);
      expect(batches.length).toBe(2);
    }
  });
});
