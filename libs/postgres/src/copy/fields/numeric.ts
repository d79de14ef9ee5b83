import { type DecimalColumn, isNull, joinLanes, WIDE } from '@millrace/columnar';
import { literalSize, scaledSize, writeLiteral, writeScaled } from '../numeric.js';
import { type Bytes, type FieldWriter, LENGTH_BYTES, NULL_LENGTH } from './field-writer.js';

const BASE = 10_000;
const HEAD_BYTES = 8;
/** By which of three groups of four digits are not zero (4 the highest, 1 the lowest): up to which there are any, and how many with those between. */
const TOP = Uint8Array.of(0, 1, 2, 2, 3, 3, 3, 3);
const DIGITS = Uint8Array.of(0, 1, 1, 2, 1, 3, 2, 3);

/** Of a group behind the point, its digits without zeros at their end. */
const PLACES = Uint8Array.from({ length: BASE }, (_, group) => {
  for (let places = 4; places > 0; places--, group /= 10) if (group % 10 !== 0) return places;
  return 0;
});

/**
 * Nearly all values are not negative, have up to eight digits before the point and four behind it: they have a way of their own, without a
 * branch on their digits.
 * @param dscale digits shown after the point; -1 = as many as a value needs
 */
export function numericWriter(scale: number, dscale: number): FieldWriter<DecimalColumn> {
  const groups = (scale + 3) >> 2;
  const missing = 10 ** (groups * 4 - scale);
  const unit = BASE / missing;
  // Times this is several times faster than by the unit; half a unit of the last digit keeps it from the wrong side of an integer.
  const inverse = 1 / unit;
  const short_end = groups > 1 ? 0 : Math.min(2 ** 31, unit * 1e8);
  const heads = Int32Array.from(
    TOP,
    (top, mask) => (DIGITS[mask] << 16) | (mask === 0 ? 0 : (top - 1 - groups) & 0xffff),
  );

  const writeShort = ({ view }: Bytes, at: number, value: number): number => {
    const rest = ((value + 0.5) * inverse) | 0;
    const last = (value - rest * unit) * missing;
    const high = (rest / BASE) | 0;
    const middle = rest - high * BASE;
    const mask = (high > 0 ? 4 : 0) | (middle > 0 ? 2 : 0) | (last > 0 ? 1 : 0);
    // Those that are not there end up where the head is written next, or behind the field.
    const end = at + LENGTH_BYTES + HEAD_BYTES + 2 * TOP[mask];
    view.setInt16(end - 6, high);
    view.setInt16(end - 4, middle);
    view.setInt16(end - 2, last);
    view.setInt32(at, HEAD_BYTES + 2 * DIGITS[mask]);
    view.setInt32(at + 4, heads[mask]);
    view.setInt32(at + 8, dscale >= 0 ? dscale : groups === 0 ? 0 : PLACES[last]);
    return at + LENGTH_BYTES + HEAD_BYTES + 2 * DIGITS[mask];
  };

  return {
    measure({ low, high, wide, nulls }, { rows, from, to }, sizes) {
      for (let index = from; index < to; index++) {
        const row = rows[index];
        if (nulls !== null && isNull(nulls, row)) continue;
        const value = low[row];
        if (high[row] === 0 && value < short_end) {
          const rest = ((value + 0.5) * inverse) | 0;
          const upper = (rest / BASE) | 0;
          const mask = (upper > 0 ? 4 : 0) | (rest > upper * BASE ? 2 : 0) | (value > rest * unit ? 1 : 0);
          sizes[index] += HEAD_BYTES + 2 * DIGITS[mask];
        } else {
          sizes[index] +=
            high[row] === WIDE ? literalSize(wide[value]) : scaledSize(joinLanes(value, high[row]), scale);
        }
      }
      return LENGTH_BYTES;
    },

    write({ low, high, wide, nulls }, { rows, from, to }, out, cursors) {
      for (let index = from; index < to; index++) {
        const row = rows[index];
        const at = cursors[index];
        const value = low[row];
        if (nulls !== null && isNull(nulls, row)) {
          out.view.setInt32(at, NULL_LENGTH);
          cursors[index] = at + LENGTH_BYTES;
        } else if (high[row] === 0 && value < short_end) {
          cursors[index] = writeShort(out, at, value);
        } else {
          const begin = at + LENGTH_BYTES;
          const end =
            high[row] === WIDE
              ? writeLiteral(out.bytes, begin, wide[value])
              : writeScaled(out.view, begin, joinLanes(value, high[row]), scale, dscale);
          out.view.setInt32(at, end - begin);
          cursors[index] = end;
        }
      }
    },
  };
}
