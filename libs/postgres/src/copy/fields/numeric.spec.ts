import { type DecimalColumn, highLane, WIDE } from '@millrace/columnar';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeLiteral, writeScaled } from '../numeric.js';
import { bytesOf, SPILL_BYTES } from './field-writer.js';
import { numericWriter } from './numeric.js';

function columnOf(values: (number | string | null)[]): DecimalColumn {
  const wide = values.filter((value) => typeof value === 'string');
  const nulls = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, row) => {
    if (value === null) nulls[row >> 3] |= 1 << (row & 7);
  });
  return {
    encoding: 'decimal',
    low: Uint32Array.from(values, (value) => (typeof value === 'string' ? wide.indexOf(value) : (value ?? 0) >>> 0)),
    high: Int32Array.from(values, (value) => (typeof value === 'string' ? WIDE : highLane(value ?? 0))),
    wide,
    nulls: values.includes(null) ? nulls : null,
  };
}

/** Each field with its length, as the writer makes it, at the size that it measured. */
function fieldsOf(values: (number | string | null)[], scale: number, dscale: number): Buffer[] {
  const column = columnOf(values);
  const writer = numericWriter(scale, dscale);
  const span = { rows: Uint32Array.from(values.keys()), from: 0, to: values.length };
  const sizes = new Uint32Array(values.length);
  const each = writer.measure(column, span, sizes);
  const starts: number[] = [];
  let end = 0;
  for (const size of sizes) {
    starts.push(end);
    end += size + each + SPILL_BYTES;
  }
  const buffer = Buffer.alloc(end);
  const cursors = Uint32Array.from(starts);
  writer.write(column, span, bytesOf(buffer), cursors);
  return starts.map((start, row) => {
    expect(cursors[row] - start).toBe(sizes[row] + each);
    return buffer.subarray(start, cursors[row]);
  });
}

function expected(value: number | string | null, scale: number, dscale: number): Buffer {
  if (value === null) return Buffer.of(255, 255, 255, 255);
  const out = Buffer.alloc(128);
  const end =
    typeof value === 'string'
      ? writeLiteral(out, 4, value)
      : writeScaled(new DataView(out.buffer, out.byteOffset), 4, value, scale, dscale);
  out.writeInt32BE(end - 4);
  return out.subarray(0, end);
}

describe('numeric fields', () => {
  const borders = [
    0,
    1,
    9_999,
    10_000,
    10_001,
    99_999_999,
    1e8,
    1e8 - 1,
    1e12,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
  ];
  const value = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 31 }),
    fc.nat(100_000),
    fc.maxSafeInteger(),
    fc.constantFrom(...borders, null, '33.3333333', '-1'),
    fc.integer({ min: 0, max: 214_748 }).map((whole) => whole * 10_000),
  );

  it('are those that the long way gives, at every scale', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 40 }),
        fc.integer({ min: 0, max: 15 }),
        fc.boolean(),
        (values, scale, free) => {
          const dscale = free ? -1 : scale;
          expect(fieldsOf(values, scale, dscale)).toEqual(values.map((one) => expected(one, scale, dscale)));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('are exact beside every border of four digits', () => {
    for (const scale of [0, 1, 2, 3, 4]) {
      const unit = 10 ** scale;
      const values = Array.from({ length: 3000 }, (_, index) => index * unit + [0, 1, unit - 1][index % 3]);
      const high = values.map((one) => 2 ** 31 - 1 - one);
      for (const list of [values, high]) {
        expect(fieldsOf(list, scale, scale)).toEqual(list.map((one) => expected(one, scale, scale)));
      }
    }
  });
});
