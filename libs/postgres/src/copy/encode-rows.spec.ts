import { type ColumnData, highLane, type TextColumn, WIDE } from '@millrace/columnar';
import { type DatasetPlan, planOf } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { encodeRows } from './encode-rows.js';
import { UnstorableError } from './int8.js';

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
  const tuple = encodeRows(planWith(type), { source: 3, first_record: 2 ** 33, version: 5 }, data, null);
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
