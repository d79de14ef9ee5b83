import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BodyWriter,
  decimalAt,
  decodeBody,
  encodeBody,
  highLane,
  isNull,
  NULL_CODE,
  NULL_INT,
  NULL_SPAN,
  type RowSource,
  textAt,
  WIDE,
  writeRows,
} from './index.js';

const ENCODINGS = ['text', 'dictionary', 'integer', 'date', 'decimal'] as const;
const plan = {
  columns: ENCODINGS.map(
    (encoding, index) => ({ name: encoding, encoding, index, nullable: true, scale: 2 }) as ColumnPlan,
  ),
} as DatasetPlan;

interface Row {
  text: string | null;
  dictionary: string | null;
  integer: number | null;
  date: number | null;
  decimal: string | null;
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', 'x'.repeat(255), 'y'.repeat(256), 'z'.repeat(70_000)),
);
const decimal = fc.oneof(
  fc.integer({ min: -999, max: 999 }).map((value) => (value / 100).toFixed(2)),
  fc.maxSafeNat().map((value) => `${BigInt(value) / 100n}.${String(value % 100).padStart(2, '0')}`),
  fc.constantFrom('-0.125', '123456789012345678901.5'),
);
const row = (option: <T>(value: fc.Arbitrary<T>) => fc.Arbitrary<T | null>): fc.Arbitrary<Row> =>
  fc.record({
    text: option(text),
    dictionary: option(fc.constantFrom('', 'a', 'north', 'südwest', 'k'.repeat(300))),
    integer: option(fc.integer({ min: -(2 ** 31) + 2, max: 2 ** 31 - 1 })),
    date: option(fc.integer({ min: -719_162, max: 2_932_896 })),
    decimal: option(decimal),
  });

/** Texts behind one another, with bytes between them that belong to none. */
function spansOf(texts: (string | null)[]) {
  const start = new Uint32Array(texts.length);
  const end = new Uint32Array(texts.length);
  const pieces: Buffer[] = [];
  let at = 0;
  texts.forEach((value, index) => {
    const piece = Buffer.from(value ?? '');
    start[index] = value === null ? NULL_SPAN : at;
    end[index] = at + piece.length;
    pieces.push(piece, Buffer.from('??'));
    at += piece.length + 2;
  });
  const bytes = Buffer.concat([...pieces, Buffer.alloc(8)]);
  return { start, end, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

function sourcesOf(rows: Row[]): { columns: RowSource[]; texts: DataView } {
  const { start, end, view } = spansOf(rows.map(({ text }) => text));
  const names = [...new Set(rows.flatMap(({ dictionary }) => dictionary ?? []))];
  const codes = rows.map(({ dictionary }) => (dictionary === null ? NULL_CODE : names.indexOf(dictionary)));
  const wide: string[] = [];
  const lanes = rows.map(({ decimal }) => {
    const scaled = decimal === null ? 0 : Math.round(Number(decimal) * 100);
    if (decimal === null) return [7, NULL_INT];
    const fits = /\.\d\d$/.test(decimal) && Number.isSafeInteger(Number(decimal.replace('.', '')));
    return fits
      ? [Number(decimal.replace('.', '')), highLane(Number(decimal.replace('.', '')))]
      : [wide.push(decimal) - 1, WIDE, scaled];
  });
  const ints = (of: 'integer' | 'date') => Int32Array.from(rows, (each) => each[of] ?? NULL_INT);
  const columns: RowSource[] = [
    { encoding: 'text', start, end },
    { encoding: 'dictionary', codes: Uint16Array.from(codes), entries: { count: names.length, ...spansOf(names) } },
    { encoding: 'integer', values: ints('integer') },
    { encoding: 'date', values: ints('date') },
    {
      encoding: 'decimal',
      low: Uint32Array.from(lanes, ([low]) => low),
      high: Int32Array.from(lanes, ([, high]) => high),
      wide,
    },
  ];
  return { columns, texts: view };
}

function rowsOf(body: Buffer): { records: number[]; rows: Row[] } {
  const { rows, records, columns } = decodeBody(body, plan);
  const [texts, names, integers, dates, decimals] = columns;
  if (texts.encoding !== 'text' || names.encoding !== 'dictionary' || integers.encoding !== 'integer')
    throw new Error('order');
  if (dates.encoding !== 'date' || decimals.encoding !== 'decimal') throw new Error('order');
  const at = (index: number): Row => ({
    text: textAt(texts, index),
    dictionary: textAt(names, index),
    integer: isNull(integers.nulls, index) ? null : integers.values[index],
    date: isNull(dates.nulls, index) ? null : dates.days[index],
    decimal: decimalAt(decimals, 2, index),
  });
  return { records: [...records], rows: Array.from({ length: rows }, (_, index) => at(index)) };
}

/** Rows, and which of them are picked. */
const picked = (option: Parameters<typeof row>[0]) =>
  fc.array(fc.tuple(row(option), fc.boolean()), { maxLength: 40 }).map((all) => ({
    rows: all.map(([each]) => each),
    order: Uint16Array.from(all.flatMap(([, isPicked], index) => (isPicked ? [index] : []))),
  }));

const writer = new BodyWriter();

function bodyOf(rows: Row[], order: Uint16Array, distances: Uint32Array | null = null): Buffer {
  const { columns, texts } = sourcesOf(rows);
  const from = writer.at;
  writeRows(writer, columns, texts, { order, from: 0, to: order.length }, distances);
  return writer.since(from);
}

describe('writeRows', () => {
  it('writes the picked rows, NULLs and wide decimals included', () => {
    fc.assert(
      fc.property(picked(fc.option), ({ rows, order }) => {
        writer.begin();
        const found = rowsOf(bodyOf(rows, order));
        expect(found.rows).toEqual(Array.from(order, (index) => rows[index]));
        expect(found.records).toEqual([...order]);
      }),
    );
  });

  it('gives the bytes that encodeBody gives for the same rows', () => {
    fc.assert(
      fc.property(
        picked((value) => fc.option(value)),
        fc.integer({ min: 1, max: 9000 }),
        ({ rows, order }, step) => {
          writer.begin();
          const distances = Uint32Array.from(rows, (_, index) => index * step);
          const body = bodyOf(rows, order, distances);
          const { records, columns } = decodeBody(Buffer.from(body), plan);
          expect(encodeBody(columns, order.length, records).equals(body)).toBe(true);
        },
      ),
    );
  });

  it('keeps what was written before when the room grows, and gives up too much of it', () => {
    const one: Row = { text: 'first', dictionary: 'a', integer: 1, date: 2, decimal: '3.00' };
    const large: Row = { ...one, text: 'l'.repeat(3_000_000), dictionary: 'd'.repeat(2_000_000) };
    writer.begin();
    bodyOf([one], Uint16Array.of(0));
    const behind_first = writer.at;
    for (let times = 0; times < 4; times++) bodyOf([large, one], Uint16Array.of(0, 1));
    const second = writer.bytes.subarray(behind_first, behind_first + (writer.at - behind_first) / 4);
    expect(rowsOf(Buffer.from(writer.bytes.subarray(0, behind_first))).rows).toEqual([one]);
    expect(rowsOf(Buffer.from(second)).rows).toEqual([large, one]);
    const grown = writer.bytes.length;
    writer.begin();
    expect(writer.bytes.length).toBeLessThan(grown);
    expect(rowsOf(bodyOf([one], Uint16Array.of(0))).rows).toEqual([one]);
  });
});
