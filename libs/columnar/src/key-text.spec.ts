import type { ColumnEncoding, ColumnPlan, ColumnType, DatasetPlan } from '@millrace/dataset';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ColumnData,
  type Columns,
  dateText,
  decimalText,
  highLane,
  KeyWriter,
  keyTextAt,
  microsecondsText,
  scaledText,
  timestampText,
  WIDE,
} from './index.js';

type Given = [type: ColumnType, encoding: ColumnEncoding, data: ColumnData, scale?: number];

const text = (value: string): ColumnData => {
  const bytes = new Uint8Array(Buffer.from(value));
  return { encoding: 'text', bytes, offsets: Uint32Array.of(0, bytes.length), nulls: null };
};
const lanes = (value: number): ColumnData => {
  const high = Int32Array.of(highLane(value));
  return { encoding: 'decimal', low: Uint32Array.of(value), high, wide: [], nulls: null };
};
const wide = (literal: string): ColumnData => {
  const high = Int32Array.of(WIDE);
  return { encoding: 'decimal', low: Uint32Array.of(0), high, wide: [literal], nulls: null };
};
const integer = (value: number): ColumnData => ({ encoding: 'integer', values: Int32Array.of(value), nulls: null });
const date = (days: number): ColumnData => ({ encoding: 'date', days: Int32Array.of(days), nulls: null });

/** The key text of one row whose key is all these columns. */
function keyOf(...given: Given[]): string {
  const columns = given.map(([type, encoding, , scale = 0], index) => ({ type, encoding, index, scale }) as ColumnPlan);
  const plan = { columns, keys: columns.map(({ index }) => index) } as DatasetPlan;
  const data: Columns = { rows: 1, records: Uint16Array.of(0), columns: given.map(([, , column]) => column) };
  return keyTextAt(plan, data, 0);
}

describe('the key text', () => {
  it('of one text column is its value', () => {
    expect(keyOf(['text', 'text', text('a"b')])).toBe('a"b');
  });

  it.each<[string, Given]>([
    ['["-7"]', ['integer', 'integer', integer(-7)]],
    ['["true"]', ['boolean', 'integer', integer(1)]],
    ['["false"]', ['boolean', 'integer', integer(0)]],
    ['["2024-02-29"]', ['date', 'date', date(19782)]],
    ['["0001-01-01"]', ['date', 'date', date(-719162)]],
    ['["9223372036854775807"]', ['bigint', 'decimal', wide('9223372036854775807')]],
    ['["10.5"]', ['decimal', 'decimal', lanes(105000), 4]],
    ['["-10"]', ['decimal', 'decimal', lanes(-100000), 4]],
    ['["0"]', ['decimal', 'decimal', lanes(0), 4]],
    ['["-33.33333333"]', ['decimal', 'decimal', wide('-33.33333333'), 4]],
    ['["1970-01-01T00:00:00Z"]', ['timestamp', 'decimal', lanes(0), 6]],
    ['["1969-12-31T23:59:59.5Z"]', ['timestamp', 'decimal', lanes(-500000), 6]],
    ['["2024-01-31T10:20:30.000001Z"]', ['timestamp', 'decimal', lanes(1706696430000001), 6]],
    ['["0001-01-01T00:00:00Z"]', ['timestamp', 'decimal', wide('-62135596800'), 6]],
    ['["9999-12-31T23:59:59.999999Z"]', ['timestamp', 'decimal', wide('253402300799.999999'), 6]],
  ])('of one other column is %s', (expected, given) => {
    expect(keyOf(given)).toBe(expected);
  });

  it('of several columns is the JSON array of their texts', () => {
    expect(keyOf(['text', 'text', text('A-1 "x"\n')], ['date', 'date', date(0)])).toBe(
      JSON.stringify(['A-1 "x"\n', '1970-01-01']),
    );
  });
});

describe('canonical texts', () => {
  it('of decimals have no zeros that say nothing', () => {
    const given = ['1.50', '10', '100.00', '-0', '-0.0', '0.001', '-2.10'];
    expect(given.map(decimalText)).toEqual(['1.5', '10', '100', '0', '0', '0.001', '-2.1']);
  });

  it('of timestamps agree with Date on every millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (ms) => {
        const seconds = `${ms < 0 ? '-' : ''}${Math.floor(Math.abs(ms) / 1000)}.${String(Math.abs(ms) % 1000).padStart(3, '0')}`;
        expect(Date.parse(timestampText(seconds))).toBe(ms);
      }),
    );
  });
});

describe('KeyWriter', () => {
  it('writes what JSON.stringify does, for any texts', () => {
    const writer = new KeyWriter();
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('x'.repeat(3000), '\u0001ä'.repeat(1500)));
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 5 }), (texts) => {
        writer.begin();
        texts.forEach((value, index) => {
          const bytes = Buffer.from(`x${value}`);
          if (index % 2 === 0 || !/^[0-9a-z]*$/.test(value)) writer.text(bytes, 1, bytes.length);
          else writer.plain(value);
        });
        const { view } = writer;
        const size = writer.end();
        expect(Buffer.from(view.buffer, view.byteOffset, size).toString()).toBe(JSON.stringify(texts));
      }),
    );
  });

  it('writes numbers and times as their canonical texts', () => {
    const writer = new KeyWriter();
    const scaled = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -2000, max: 2000 }));
    const days = fc.oneof(fc.integer({ min: -719_162, max: 2_932_896 }), fc.constantFrom(-719_162, 0, -1, 2_932_896));
    // Times that the lanes hold: some 285 years either side of 1970.
    const micros = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3_000_000, max: 3_000_000 }));
    fc.assert(
      fc.property(scaled, fc.integer({ min: 0, max: 15 }), days, micros, (value, scale, day, time) => {
        writer.begin();
        writer.integer(value);
        writer.scaled(value, scale);
        writer.date(day);
        writer.timestamp(time);
        const size = writer.end();
        const { view } = writer;
        const expected = [value, decimalText(scaledText(value, scale)), dateText(day), microsecondsText(time)].map(
          String,
        );
        expect(Buffer.from(view.buffer, view.byteOffset, size).toString()).toBe(JSON.stringify(expected));
      }),
      { numRuns: 500 },
    );
  });
});
