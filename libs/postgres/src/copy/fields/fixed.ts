import { type DateColumn, type DecimalColumn, type IntegerColumn, isNull, WIDE } from '@millrace/columnar';
import { EPOCH_HIGH, EPOCH_LOW, int8OfLiteral, timestampOfLiteral } from '../int8.js';
import { type Bytes, type FieldWriter, LENGTH_BYTES, NULL_LENGTH, type RowSpan } from './field-writer.js';

/** Days from 1970-01-01, where ours begin, to 2000-01-01, where PostgreSQL's do. */
const EPOCH_DAYS = 10_957;

/** @returns what every row has; NULLs have no bytes behind their length */
function measureFixed(nulls: Uint8Array | null, { rows, from, to }: RowSpan, sizes: Uint32Array, bytes: number) {
  if (nulls === null) return LENGTH_BYTES + bytes;
  for (let index = from; index < to; index++) if (!isNull(nulls, rows[index])) sizes[index] += bytes;
  return LENGTH_BYTES;
}

function writeInt4s(
  values: Int32Array,
  epoch: number,
  nulls: Uint8Array | null,
  { rows, from, to }: RowSpan,
  { view }: Bytes,
  cursors: Uint32Array,
): void {
  for (let index = from; index < to; index++) {
    const row = rows[index];
    const at = cursors[index];
    if (nulls !== null && isNull(nulls, row)) {
      view.setInt32(at, NULL_LENGTH);
      cursors[index] = at + LENGTH_BYTES;
      continue;
    }
    view.setInt32(at, 4);
    view.setInt32(at + LENGTH_BYTES, values[row] - epoch);
    cursors[index] = at + LENGTH_BYTES + 4;
  }
}

export const integerWriter: FieldWriter<IntegerColumn> = {
  measure: ({ nulls }, span, sizes) => measureFixed(nulls, span, sizes, 4),
  write: ({ values, nulls }, span, out, cursors) => writeInt4s(values, 0, nulls, span, out, cursors),
};

export const dateWriter: FieldWriter<DateColumn> = {
  measure: ({ nulls }, span, sizes) => measureFixed(nulls, span, sizes, 4),
  write: ({ days, nulls }, span, out, cursors) => writeInt4s(days, EPOCH_DAYS, nulls, span, out, cursors),
};

export const booleanWriter: FieldWriter<IntegerColumn> = {
  measure: ({ nulls }, span, sizes) => measureFixed(nulls, span, sizes, 1),

  write({ values, nulls }, { rows, from, to }, { bytes, view }, cursors) {
    for (let index = from; index < to; index++) {
      const row = rows[index];
      const at = cursors[index];
      const empty = nulls !== null && isNull(nulls, row);
      view.setInt32(at, empty ? NULL_LENGTH : 1);
      if (!empty) bytes[at + LENGTH_BYTES] = values[row];
      cursors[index] = at + LENGTH_BYTES + (empty ? 0 : 1);
    }
  },
};

/** A bigint, or a timestamp in microseconds since 2000. Two lanes are a two's complement number as they stand. */
function int8Writer(epoch_low: number, epoch_high: number, ofLiteral: (literal: string) => bigint) {
  const writer: FieldWriter<DecimalColumn> = {
    measure({ nulls, high, low, wide }, span, sizes) {
      // Refused here, as nothing has been sent yet.
      const { rows, from, to } = span;
      for (let index = from; index < to && wide.length > 0; index++) {
        const row = rows[index];
        if (high[row] === WIDE && !isNull(nulls, row)) ofLiteral(wide[low[row]]);
      }
      return measureFixed(nulls, span, sizes, 8);
    },

    write({ low, high, wide, nulls }, { rows, from, to }, { view }, cursors) {
      for (let index = from; index < to; index++) {
        const row = rows[index];
        const at = cursors[index];
        if (nulls !== null && isNull(nulls, row)) {
          view.setInt32(at, NULL_LENGTH);
          cursors[index] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 8);
        if (high[row] === WIDE) view.setBigInt64(at + LENGTH_BYTES, ofLiteral(wide[low[row]]));
        else {
          view.setInt32(at + LENGTH_BYTES, high[row] - epoch_high - (low[row] < epoch_low ? 1 : 0));
          view.setInt32(at + LENGTH_BYTES + 4, low[row] - epoch_low);
        }
        cursors[index] = at + LENGTH_BYTES + 8;
      }
    },
  };
  return writer;
}

export const bigintWriter = int8Writer(0, 0, int8OfLiteral);
export const timestampWriter = int8Writer(EPOCH_LOW, EPOCH_HIGH, timestampOfLiteral);
