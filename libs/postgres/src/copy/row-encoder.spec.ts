import { type ColumnData, highLane, type TextColumn, WIDE } from '@millrace/columnar';
import { type DatasetPlan, planOf } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { UnstorableError } from './int8.js';
import { RowEncoder, type RowSet } from './row-encoder.js';

function planWith(type: string): DatasetPlan {
  const columns = [
    { name: 'id', type: 'integer', required: true },
    { name: 'value', type },
  ];
  return planOf({ name: 'typed', table: 'typed', key: 'id', columns });
}

const ids: ColumnData = { encoding: 'integer', values: Int32Array.of(7), nulls: null };
const NULLS = Uint8Array.of(1);

/** The second field of the only row: its bytes, or null. */
function fieldOf(type: string, value: ColumnData): Buffer | null {
  const data = { rows: 1, records: Uint16Array.of(2), columns: [ids, value] };
  const set: RowSet = { source: 3, first_record: 2 ** 33, data, selected: null };
  const tuple = Buffer.concat([...new RowEncoder().encode(planWith(type), 5, [set])]);
  expect(tuple.readInt16BE(0)).toBe(5);
  expect([tuple.readInt32BE(2), tuple.readInt32BE(6)]).toEqual([4, 7]);
  const size = tuple.readInt32BE(10);
  const end = 14 + Math.max(size, 0);
  expect([tuple.readInt32BE(end), tuple.readInt32BE(end + 4)]).toEqual([4, 3]);
  expect([tuple.readInt32BE(end + 8), tuple.readBigInt64BE(end + 12)]).toEqual([8, 2n ** 33n + 2n]);
  expect([tuple.readInt32BE(end + 20), tuple.readInt32BE(end + 24), tuple.length]).toEqual([4, 5, end + 28]);
  return size < 0 ? null : tuple.subarray(14, end);
}

const decimal = (value: number | string): ColumnData => {
  const isWide = typeof value === 'string';
  const low = Uint32Array.of(isWide ? 0 : value >>> 0);
  const high = Int32Array.of(isWide ? WIDE : highLane(value));
  return { encoding: 'decimal', low, high, wide: isWide ? [value] : [], nulls: null };
};
const text = (value: string): TextColumn => {
  const bytes = Buffer.from(value);
  return { encoding: 'text', bytes, offsets: Uint32Array.of(0, bytes.length), nulls: null };
};
const int8 = (type: string, value: number | string) => fieldOf(type, decimal(value))?.readBigInt64BE();

describe('a row as a binary COPY tuple', () => {
  it('has booleans as a byte, and its position and version at its end', () => {
    const boolean = (value: number): ColumnData => ({ encoding: 'integer', values: Int32Array.of(value), nulls: null });
    expect([fieldOf('boolean', boolean(1)), fieldOf('boolean', boolean(0))]).toEqual([Buffer.of(1), Buffer.of(0)]);
    expect(fieldOf('boolean', { ...boolean(1), nulls: NULLS } as ColumnData)).toBeNull();
  });

  it('has bigints to the last digit, below and beyond 2^53', () => {
    for (const value of [0, 1, -1, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      expect(int8('bigint', value)).toBe(BigInt(value));
    }
    for (const literal of ['9223372036854775807', '-9223372036854775808', '9007199254740993']) {
      expect(int8('bigint', literal)).toBe(BigInt(literal));
    }
  });

  it('has timestamps in microseconds since 2000', () => {
    const epoch = 946_684_800_000_000;
    for (const micros of [epoch, 0, -1, epoch - 1, 1_700_000_000_123_456, -62_135_596_800_000_000 / 8]) {
      expect(int8('timestamp', micros)).toBe(BigInt(micros) - BigInt(epoch));
    }
    // The last microsecond of the year 9999, which is beyond 2^53.
    expect(int8('timestamp', '253402300799.999999')).toBe(252_455_615_999_999_999n);
    expect(int8('timestamp', '-62135596800')).toBe(-63_082_281_600_000_000n);
  });

  it('has JSON behind its version, and NULL as NULL', () => {
    expect(fieldOf('json', text('{"a":1}'))).toEqual(Buffer.from('\x01{"a":1}', 'latin1'));
    expect(fieldOf('json', { ...text(''), nulls: NULLS })).toBeNull();
  });

  it.each([
    ['bigint', '9223372036854775808', '22003'],
    ['bigint', '-9223372036854775809', '22003'],
    ['bigint', '1.5', '22003'],
    ['timestamp', '9999999999999999', '22008'],
    ['timestamp', '0.0000001', '22008'],
  ])('is refused when its %s would be %s', (type, literal, code) => {
    expect(() => int8(type, literal)).toThrow(UnstorableError);
    expect(() => int8(type, literal)).toThrow(expect.objectContaining({ code }));
  });
});

describe('rows of several batches', () => {
  const plan = planWith('text');
  const set = (source: number, keys: number[], length: number, selected: number[] | null = null): RowSet => {
    const texts = keys.map((key) => `${source}/${key}/`.padEnd(length, 'x'));
    const bytes = Buffer.from(texts.join(''));
    const offsets = Uint32Array.from([0, ...texts.keys()].map((_, at) => at * length));
    const columns: ColumnData[] = [
      { encoding: 'integer', values: Int32Array.from(keys), nulls: null },
      { encoding: 'text', bytes, offsets, nulls: null },
    ];
    const data = { rows: keys.length, records: Uint16Array.from(keys.keys()), columns };
    return { source, first_record: 1, data, selected: selected && Uint32Array.from(selected) };
  };

  /** Key, text and record of each tuple, in the order in which they are sent. Slices are copied, as they are used again. */
  function tuplesOf(sets: RowSet[], encoder = new RowEncoder()): [number, string, bigint][] {
    const slices: Buffer[] = [];
    for (const slice of encoder.encode(plan, 1, sets)) slices.push(Buffer.from(slice));
    const bytes = Buffer.concat(slices);
    const tuples: [number, string, bigint][] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = bytes.readInt32BE(at + 10);
      const end = at + 14 + size;
      tuples.push([bytes.readInt32BE(at + 6), bytes.toString('latin1', at + 14, end), bytes.readBigInt64BE(end + 12)]);
      at = end + 28;
    }
    return tuples;
  }

  it('stand in the order of their keys, each whole, whatever the length of its text', () => {
    for (const length of [5, 15, 16, 17, 31, 32, 33, 63, 64, 200]) {
      const tuples = tuplesOf([set(1, [1, 4, 9], length), set(2, [-2, 3, 7], length, [0, 2])]);
      expect(tuples.map(([key]) => key)).toEqual([-2, 1, 4, 7, 9]);
      expect(tuples[0]).toEqual([-2, '2/-2/'.padEnd(length, 'x'), 1n]);
      expect(tuples[3]).toEqual([7, '2/7/'.padEnd(length, 'x'), 3n]);
      for (const [, text] of tuples) expect(text).toHaveLength(length);
    }
  });

  it('are all there when they are more than one buffer takes, and when the next rows come through the same buffers', () => {
    const keys = Array.from({ length: 3000 }, (_, key) => key);
    const encoder = new RowEncoder();
    const sets = Array.from({ length: 5 }, (_, source) => set(source, keys, 4000));
    expect(tuplesOf(sets, encoder)).toHaveLength(15_000);
    for (const few of [[5, 3], keys.slice(0, 100), []]) {
      const tuples = tuplesOf([set(8, few, 900)], encoder);
      expect(tuples.map(([key]) => key)).toEqual([...few].sort((a, b) => a - b));
      for (const [key, text] of tuples) expect(text).toBe(`8/${key}/`.padEnd(900, 'x'));
    }
  });

  it('are nothing where nothing is', () => {
    expect([...new RowEncoder().encode(plan, 1, [])]).toEqual([]);
  });
});
