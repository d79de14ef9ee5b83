import { MillraceError } from '@millrace/contracts';
import type { ColumnEncoding, ColumnPlan, DatasetPlan } from '@millrace/dataset';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ColumnData,
  type Columns,
  decimalAt,
  decodeBody,
  encodeBody,
  highLane,
  NULL_CODE,
  scaledText,
  textAt,
  WIDE,
} from './index.js';

const ENCODINGS: ColumnEncoding[] = ['text', 'dictionary', 'integer', 'date', 'decimal'];

/** A plan of two columns of each encoding, the second of which may be NULL; scale 2. */
const plan = {
  columns: [...ENCODINGS, ...ENCODINGS].map((encoding, index) => ({
    name: `c${index}`,
    encoding,
    index,
    nullable: index >= ENCODINGS.length,
    scale: 2,
  })) as Partial<ColumnPlan>[],
} as DatasetPlan;

type Value = string | number | null;

/** A column of plain values, as a batch holds it. Decimals are literals. */
function columnOf(encoding: ColumnEncoding, values: Value[]): ColumnData {
  let nulls: Uint8Array | null = null;
  values.forEach((value, row) => {
    if (value !== null || encoding === 'dictionary') return;
    nulls ??= new Uint8Array((values.length + 7) >> 3);
    nulls[row >> 3] |= 1 << (row & 7);
  });
  const spans = (texts: string[]) => {
    const offsets = new Uint32Array(texts.length + 1);
    texts.forEach((text, index) => {
      offsets[index + 1] = offsets[index] + Buffer.byteLength(text);
    });
    return { bytes: new Uint8Array(Buffer.from(texts.join(''))), offsets };
  };
  switch (encoding) {
    case 'text':
      return { encoding, ...spans(values.map((value) => String(value ?? ''))), nulls };
    case 'dictionary': {
      const entries = [...new Set(values.filter((value) => value !== null))].map(String);
      const codes = Uint16Array.from(values, (value) => (value === null ? NULL_CODE : entries.indexOf(String(value))));
      return { encoding, codes, ...spans(entries) };
    }
    case 'integer':
      return { encoding, values: Int32Array.from(values, Number), nulls };
    case 'date':
      return { encoding, days: Int32Array.from(values, Number), nulls };
    case 'decimal': {
      const wide: string[] = [];
      const lanes = values.map((value) => {
        if (value === null) return [0, 0];
        const scaled = Number(String(value).replace('.', ''));
        return Number.isSafeInteger(scaled) ? [scaled, highLane(scaled)] : [wide.push(String(value)) - 1, WIDE];
      });
      const low = Uint32Array.from(lanes, ([lane]) => lane);
      return { encoding, low, high: Int32Array.from(lanes, ([, lane]) => lane), wide, nulls };
    }
  }
}

const VALUES: Record<ColumnEncoding, fc.Arbitrary<Value>> = {
  text: fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 300, maxLength: 300 })),
  dictionary: fc.constantFrom('', 'a', 'b', 'grün', 'x'.repeat(512)),
  integer: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  date: fc.integer({ min: -719162, max: 2932896 }),
  decimal: fc.oneof(
    fc.maxSafeNat().map((scaled) => scaledText(scaled, 2)),
    fc.nat(1000).map((scaled) => scaledText(scaled, 2)),
    fc.maxSafeInteger().map((scaled) => scaledText(scaled, 2)),
    fc.bigInt({ min: 2n ** 54n, max: 10n ** 30n }).map((scaled) => scaledText(scaled, 2)),
    fc.bigInt({ min: -(10n ** 30n), max: -(2n ** 54n) }).map((scaled) => scaledText(scaled, 2)),
  ),
};

/** Values of every column of the plan. */
const table = fc.integer({ min: 0, max: 20 }).chain((rows) =>
  fc.tuple(
    ...plan.columns.map(({ encoding, nullable }) => {
      const value = nullable ? fc.option(VALUES[encoding]) : VALUES[encoding];
      return fc.array(value, { minLength: rows, maxLength: rows });
    }),
  ),
);

/** @param step distance of each row from the one before */
function encode(values: Value[][], step = 3): Buffer {
  const rows = values[0].length;
  const columns = values.map((column, index) => columnOf(plan.columns[index].encoding, column));
  return Buffer.from(encodeBody(columns, rows, distances(rows, step)));
}

const distances = (rows: number, step: number) => Uint32Array.from({ length: rows }, (_, row) => step * row);

function valuesOf({ columns, rows }: Columns): Value[][] {
  return columns.map((column) =>
    Array.from({ length: rows }, (_, row) => {
      if (column.encoding === 'text' || column.encoding === 'dictionary') return textAt(column, row);
      if (column.encoding === 'decimal') return decimalAt(column, 2, row);
      if (column.nulls && (column.nulls[row >> 3] >> (row & 7)) & 1) return null;
      return column.encoding === 'integer' ? column.values[row] : column.days[row];
    }),
  );
}

/** Runs `decode` and answers whether it refused; anything but a MESSAGE_CONTRACT is a failure. */
function refuses(decode: () => unknown): boolean {
  try {
    decode();
    return false;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MESSAGE_CONTRACT') return true;
    throw error;
  }
}

describe('a batch body', () => {
  it('gives back every value, NULLs and wide decimals included', () => {
    fc.assert(
      fc.property(table, fc.constantFrom(1, 3, 20_000, 2 ** 27), (values, step) => {
        const columns = decodeBody(encode(values, step), plan);
        expect(valuesOf(columns)).toEqual(values);
        expect([...columns.records]).toEqual(values[0].map((_, row) => step * row));
      }),
    );
  });

  it('takes two bytes for the distance of a record while they suffice, whatever array it comes in', () => {
    const columns = plan.columns.map(({ encoding }) => columnOf(encoding, encoding === 'text' ? ['', ''] : [1, 1]));
    const body = (records: Uint16Array | Uint32Array) => Buffer.from(encodeBody(columns, 2, records));
    expect(body(Uint32Array.of(0, 0xffff)).equals(body(Uint16Array.of(0, 0xffff)))).toBe(true);
    expect(decodeBody(body(Uint32Array.of(0, 0xffff)), plan).records).toEqual(Uint16Array.of(0, 0xffff));
    expect(decodeBody(body(Uint32Array.of(0, 0x10000)), plan).records).toEqual(Uint32Array.of(0, 0x10000));
  });

  it('is refused when its records are not in order', () => {
    const columns = plan.columns.map(({ encoding }) => columnOf(encoding, encoding === 'text' ? ['', ''] : [1, 1]));
    for (const records of [Uint16Array.of(3, 3), Uint32Array.of(0x20000, 0x10000), Uint32Array.of(0x10000, 0x10000)])
      expect(refuses(() => decodeBody(Buffer.from(encodeBody(columns, 2, records)), plan))).toBe(true);
  });

  it('is read at any alignment', () => {
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 7 }), (values, shift) => {
        const body = encode(values);
        const shifted = Buffer.concat([Buffer.alloc(shift), body]).subarray(shift);
        expect(valuesOf(decodeBody(shifted, plan))).toEqual(values);
      }),
      { numRuns: 30 },
    );
  });

  it('is the same bytes for the same columns, whatever was encoded before', () => {
    fc.assert(
      fc.property(table, table, (values, others) => {
        const first = encode(values);
        encode(others);
        expect(encode(values).equals(first)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('is refused, and nothing worse, when cut off or longer', () => {
    const body = encode(fc.sample(table, { numRuns: 20, seed: 1 }).sort((a, b) => b[0].length - a[0].length)[0]);
    for (let size = 0; size < body.length; size++)
      expect(refuses(() => decodeBody(body.subarray(0, size), plan))).toBe(true);
    expect(refuses(() => decodeBody(Buffer.concat([body, Buffer.alloc(4)]), plan))).toBe(true);
  });

  it('never reads past its end or throws another error, whatever is overwritten', () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      word: fc.oneof(fc.nat(64), fc.integer()),
    });
    fc.assert(
      fc.property(table, fc.array(edit, { minLength: 1, maxLength: 4 }), fc.nat(2 ** 27), (values, edits, step) => {
        const body = encode(values, step);
        for (const { at, word } of edits) body.writeInt32LE(word, Math.floor((at * body.length) / 4) * 4);
        let columns: Columns | undefined;
        if (refuses(() => (columns = decodeBody(body, plan)))) return;
        // What was not refused can be read as a whole.
        expect(valuesOf(columns!).length).toBe(plan.columns.length);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused by a plan with other columns', () => {
    const body = encode(plan.columns.map(() => []));
    expect(refuses(() => decodeBody(body, { ...plan, columns: plan.columns.slice(1) }))).toBe(true);
    expect(refuses(() => decodeBody(body, { ...plan, columns: [...plan.columns].reverse() }))).toBe(true);
  });
});

describe('scaled integers', () => {
  it('are written as literals', () => {
    expect(scaledText(12345, 2)).toBe('123.45');
    expect(scaledText(5, 4)).toBe('0.0005');
    expect(scaledText(-5n, 2)).toBe('-0.05');
    expect(scaledText(7, 0)).toBe('7');
  });
});
