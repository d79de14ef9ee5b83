import { MINUS, ZERO } from '../bytes.js';
import type { CsvRows } from './csv-rows.js';
import type { ByteRanges } from './decode-deltas.js';
import { type RawValues, valuesOf } from './decode-values.js';
import {
  divide64,
  isPlainDay,
  PLAIN_WHOLE,
  putDate,
  putDecimal,
  putPadded,
  putTimestamp,
  putWhole,
  type Quotient,
  UNITS,
  withoutZeros,
} from './digits.js';
import type { Spelling } from './value-text.js';

/** Writes the n-th value of a page behind the delimiter. It may be called where the record is not over its limit. */
export type PutValue = (rows: CsvRows, index: number) => void;

/** Of the longest text that one of the writers here writes by itself. */
const PLAIN_BYTES = 40;
const DAY_SECONDS = 86_400;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const LETTER_Z = 90;

/** Writes the same bytes as the values' texts, without a string or an object for each where there is a shorter way. */
export function putterOf(values: RawValues, spelling: Spelling): PutValue {
  const valueAt = valuesOf(values);
  const slowly: PutValue = (rows, index) => rows.value(spelling.text(valueAt(index)));
  const { form } = spelling;
  switch (form?.kind) {
    case 'text':
      return 'start' in values ? putTexts(values) : slowly;
    case 'boolean':
      return values instanceof Uint8Array ? putBooleans(values) : slowly;
    case 'integer':
      if (values instanceof Int32Array) return putInt32(values, form.isUnsigned);
      return values instanceof BigInt64Array ? putInt64(values, form.isUnsigned) : slowly;
    case 'double':
      return values instanceof Float64Array ? putDoubles(values, slowly) : slowly;
    case 'decimal':
      return form.scale < UNITS.length ? putDecimals(values, form.scale, slowly) : slowly;
    case 'date':
      return values instanceof Int32Array ? putDates(values, slowly) : slowly;
    case 'timestamp':
      return values instanceof BigInt64Array ? putTimestamps(values, form.digits, form.isUtc, slowly) : slowly;
    default:
      return slowly;
  }
}

function putTexts({ bytes, start, end }: ByteRanges): PutValue {
  return (rows, index) => rows.text(bytes, start[index], end[index]);
}

function putBooleans(values: Uint8Array): PutValue {
  return (rows, index) => {
    const text = values[index] ? TRUE : FALSE;
    rows.append(text, 0, text.length);
  };
}

function putInt32(values: Int32Array, isUnsigned: boolean): PutValue {
  return (rows, index) => {
    rows.reserve(PLAIN_BYTES);
    rows.size = putDecimal(rows.bytes, rows.size, isUnsigned ? values[index] >>> 0 : values[index], 0);
  };
}

/** The halves of numbers of 64 bits: a BigInt of each would cost more than its digits. */
const halvesOf = ({ buffer, byteOffset, length }: BigInt64Array) => new Int32Array(buffer, byteOffset, 2 * length);

const quotient: Quotient = { quotient: 0, rest: 0 };

function putInt64(values: BigInt64Array, isUnsigned: boolean): PutValue {
  const halves = halvesOf(values);
  return (rows, index) => {
    rows.reserve(PLAIN_BYTES);
    const { bytes } = rows;
    let low = halves[2 * index] >>> 0;
    let high = halves[2 * index + 1];
    if (isUnsigned) high >>>= 0;
    else if (high < 0) {
      bytes[rows.size++] = MINUS;
      low = -low >>> 0;
      high = (~high + (low === 0 ? 1 : 0)) >>> 0;
    }
    if (high < 2 ** 20) rows.size = putWhole(bytes, rows.size, high * 2 ** 32 + low);
    else {
      divide64(high, low, 1e9, quotient);
      rows.size = putPadded(bytes, putWhole(bytes, rows.size, quotient.quotient), quotient.rest, 9);
    }
  };
}

function putDecimals(values: RawValues, scale: number, slowly: PutValue): PutValue {
  const unscaledAt = unscaledOf(values);
  return (rows, index) => {
    const unscaled = unscaledAt(index);
    if (!(unscaled > -PLAIN_WHOLE && unscaled < PLAIN_WHOLE)) return slowly(rows, index);
    rows.reserve(PLAIN_BYTES);
    rows.size = putDecimal(rows.bytes, rows.size, unscaled, scale);
  };
}

/** Gives unscaled values: exactly where they are below PLAIN_WHOLE, and others as any number beyond it, or NaN. */
function unscaledOf(values: RawValues): (index: number) => number {
  if (values instanceof BigInt64Array) {
    const halves = halvesOf(values);
    return (index) => halves[2 * index + 1] * 2 ** 32 + (halves[2 * index] >>> 0);
  }
  if (!('start' in values)) return (index) => values[index] as number;
  const { bytes, start, end } = values;
  return (index) => {
    const from = start[index];
    const to = end[index];
    if (to === from || to - from > 16) return Number.NaN;
    let value = (bytes[from] << 24) >> 24;
    for (let at = from + 1; at < to; at++) value = value * 256 + bytes[at];
    return value;
  };
}

function putDates(values: Int32Array, slowly: PutValue): PutValue {
  return (rows, index) => {
    const day = values[index];
    if (!isPlainDay(day)) return slowly(rows, index);
    rows.reserve(PLAIN_BYTES);
    rows.size = putDate(rows.bytes, rows.size, day);
  };
}

function putTimestamps(values: BigInt64Array, digits: number, isUtc: boolean, slowly: PutValue): PutValue {
  const halves = halvesOf(values);
  const unit = UNITS[digits];
  return (rows, index) => {
    divide64(halves[2 * index + 1], halves[2 * index] >>> 0, unit, quotient);
    const { quotient: seconds, rest } = quotient;
    if (!isPlainDay(Math.floor(seconds / DAY_SECONDS))) return slowly(rows, index);
    rows.reserve(PLAIN_BYTES);
    rows.size = putTimestamp(rows.bytes, rows.size, seconds, rest, digits);
    if (isUtc) rows.bytes[rows.size++] = LETTER_Z;
  };
}

/** Digits behind the point that are tried. */
const FRACTIONS = [0, 3, 6];

/**
 * A decimal of at most 15 digits that is read as the double is the only one of so few, and with it the shortest: what
 * JavaScript writes. The quotient of two whole numbers is rounded as the decimal would be when it is read.
 */
function putDoubles(values: Float64Array, slowly: PutValue): PutValue {
  return (rows, index) => {
    const value = values[index];
    for (const digits of FRACTIONS) {
      const unit = UNITS[digits];
      const unscaled = Math.round(value * unit);
      if (unscaled / unit !== value) continue;
      if (unscaled === 0 || !(Math.abs(unscaled) < 1e15)) break;
      rows.reserve(PLAIN_BYTES);
      const { bytes } = rows;
      const end = putDecimal(bytes, rows.size, unscaled, digits);
      rows.size = digits === 0 ? end : withoutZeros(bytes, end);
      return;
    }
    if (value === 0 && !Object.is(value, -0)) {
      rows.reserve(1);
      rows.bytes[rows.size++] = ZERO;
    } else slowly(rows, index);
  };
}
