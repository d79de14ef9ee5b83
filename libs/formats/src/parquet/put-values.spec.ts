import fc from 'fast-check';
import type { SchemaElement } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { CsvRows } from './csv-rows.js';
import { type RawValue, type RawValues, valuesOf } from './decode-values.js';
import { PageDictionary } from './page-dictionary.js';
import { putterOf } from './put-values.js';
import { type Spelling, spellingOf } from './value-text.js';

function rowsOf(count: number, put: (rows: CsvRows, index: number) => void): string {
  const rows = new CsvRows();
  for (let index = 0; index < count; index++) {
    if (rows.beginField()) put(rows, index);
    rows.endRow();
  }
  return rows.take().toString('latin1');
}

/** What the texts of the values give, one by one. */
function spelled(values: RawValues, { text }: Spelling, count: number): string {
  const valueAt = valuesOf(values);
  return rowsOf(count, (rows, index) => rows.value(text(valueAt(index) as RawValue)));
}

function expectSame(element: Partial<SchemaElement>, values: RawValues, count: number): void {
  const spelling = spellingOf({ name: 'v', ...element } as SchemaElement);
  const expected = spelled(values, spelling, count);
  expect(rowsOf(count, putterOf(values, spelling))).toBe(expected);
  const dictionary = new PageDictionary(count, values, spelling);
  for (const _ of ['anew', 'kept']) expect(rowsOf(count, (rows, index) => dictionary.put(rows, index))).toBe(expected);
}

const EDGES_64 = [0n, 1n, -1n, 10n ** 9n, -(10n ** 9n), 2n ** 52n, 2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n];
const bits = (most: number) =>
  fc.tuple(fc.integer({ min: 1, max: most }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
const any64 = fc.array(
  bits(64).map(([size, value]) => BigInt.asIntN(size, value)),
  { maxLength: 40 },
);
const any32 = fc.array(
  bits(32).map(([size, value]) => Number(BigInt.asIntN(size, value))),
  { maxLength: 40 },
);

function ranges(texts: readonly Uint8Array[]): RawValues {
  const end = Uint32Array.from(
    texts.map(
      (
        (size) =>
        ({ length }: Uint8Array) =>
          (size += length)
      )(0),
    ),
  );
  return { bytes: Buffer.concat(texts), start: Uint32Array.of(0, ...end.subarray(0, -1)), end };
}

describe('values are written as they are spelled', () => {
  const timestamp = (unit: 'MILLIS' | 'MICROS' | 'NANOS', isAdjustedToUTC: boolean): Partial<SchemaElement> => ({
    type: 'INT64',
    logical_type: { type: 'TIMESTAMP', unit, isAdjustedToUTC },
  });

  it.each<[string, Partial<SchemaElement>]>([
    ['INT64', { type: 'INT64' }],
    ['UINT_64', { type: 'INT64', converted_type: 'UINT_64' }],
    ['TIMESTAMP(MILLIS)', timestamp('MILLIS', true)],
    ['TIMESTAMP(MICROS)', timestamp('MICROS', false)],
    ['TIMESTAMP(NANOS)', timestamp('NANOS', true)],
    ...[0, 1, 6, 9, 15, 16, 30].map((scale): [string, Partial<SchemaElement>] => [
      `DECIMAL(${scale})`,
      { type: 'INT64', converted_type: 'DECIMAL', scale },
    ]),
  ])('%s', (_, element) => {
    expectSame(element, BigInt64Array.from(EDGES_64), EDGES_64.length);
    fc.assert(fc.property(any64, (data) => expectSame(element, BigInt64Array.from(data), data.length)));
  });

  it.each<[string, Partial<SchemaElement>]>([
    ['INT32', { type: 'INT32' }],
    ['UINT_32', { type: 'INT32', converted_type: 'UINT_32' }],
    ['DATE', { type: 'INT32', converted_type: 'DATE' }],
    ['TIME_MILLIS', { type: 'INT32', converted_type: 'TIME_MILLIS' }],
    ['DECIMAL', { type: 'INT32', converted_type: 'DECIMAL', scale: 2 }],
  ])('%s', (_, element) => {
    const edges = Int32Array.of(0, -1, 2 ** 31 - 1, -(2 ** 31), -719_529, -719_528, 2_932_896, 2_932_897);
    expectSame(element, edges, edges.length);
    fc.assert(fc.property(any32, (data) => expectSame(element, Int32Array.from(data), data.length)));
  });

  it('DOUBLE, of few digits and of any', () => {
    const few = fc
      .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 }))
      .map(([value, digits]) => Number(`${value}e-${digits}`));
    const short = fc.integer({ min: -100_000, max: 100_000 }).map((value) => value / 1000);
    const edges = [0, -0, Number.NaN, Infinity, -Infinity, 1e15, 1e15 - 1, 999999999.999999, 1e21, 5e-324, 0.1 + 0.2];
    expectSame({ type: 'DOUBLE' }, Float64Array.from(edges), edges.length);
    fc.assert(
      fc.property(fc.array(fc.oneof(few, short, fc.double())), (data) =>
        expectSame({ type: 'DOUBLE' }, Float64Array.from(data), data.length),
      ),
    );
  });

  it('texts, booleans, and decimals of bytes', () => {
    const field = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '#', ' '), maxLength: 80 }),
    );
    const text: Partial<SchemaElement> = { type: 'BYTE_ARRAY', converted_type: 'UTF8' };
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (data) =>
        expectSame(text, ranges(data.map((each) => Buffer.from(each))), data.length),
      ),
    );
    expectSame({ type: 'BOOLEAN' }, Uint8Array.of(0, 1, 1), 3);
    const decimal: Partial<SchemaElement> = { type: 'BYTE_ARRAY', converted_type: 'DECIMAL', scale: 3 };
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 18 }), { minLength: 1 }), (data) =>
        expectSame(decimal, ranges(data), data.length),
      ),
    );
  });
});
