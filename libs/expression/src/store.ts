import { FIRST_DAY, LAST_DAY, readDate } from './calendar.js';
import { INTEGER_LEAST, INTEGER_MOST, type Target } from './generate/store.js';
import { readBoolean, readInstant } from './literals.js';
import { NotComputable, powerOfTen, type Rational, rationalOf, scaled, scaledLiteral } from './rational.js';
import type { Value } from './tree.js';
import { type IntVector, LANE_MAX, type LanesVector, NULL_INT, TIMESTAMP_SCALE, type Vector, WIDE } from './vectors.js';

const INT8 = 1n << 63n;

/** Stores one exact value in a column; texts are put into `texts`, to be written when all are known. @throws NotComputable when the column does not hold it */
export function storeValue(target: Target, column: Vector, texts: (string | null)[], row: number, value: Value): void {
  switch (target.type) {
    case 'boolean':
      (column as IntVector).values[row] = value === null ? NULL_INT : value === true ? 1 : 0;
      break;
    case 'date':
      (column as IntVector).values[row] = value === null ? NULL_INT : day(value as number);
      break;
    case 'integer':
      (column as IntVector).values[row] = value === null ? NULL_INT : whole(value as Rational, target);
      break;
    case 'timestamp':
      storeLanes(column as LanesVector, row, value as bigint | null, TIMESTAMP_SCALE);
      break;
    case 'bigint':
    case 'decimal': {
      const scale = target.type === 'bigint' ? 0 : target.scale;
      const scaled = value === null ? null : lane(value as Rational, target, scale);
      storeLanes(column as LanesVector, row, scaled, scale);
      break;
    }
    default:
      texts[row] = value as string | null;
  }
}

function rounded(value: Rational, scale: number, { rounding }: Target): bigint {
  const result = scaled(value, scale, rounding);
  if (result === null) throw new NotComputable('digits beyond the scale');
  return result;
}

function whole(value: Rational, target: Target): number {
  const result = rounded(value, 0, target);
  if (result < INTEGER_LEAST || result > INTEGER_MOST) throw new NotComputable('integer out of range');
  return Number(result);
}

function lane(value: Rational, target: Target, scale: number): bigint {
  const result = rounded(value, scale, target);
  const [least, most] = target.type === 'bigint' ? [-INT8, INT8 - 1n] : boundsOf(target.precision);
  if (most !== null && (result < least || result > most)) throw new NotComputable(`${target.type} out of range`);
  return result;
}

function boundsOf(precision: number | null): [bigint, bigint | null] {
  const most = precision === null ? null : powerOfTen(precision) - 1n;
  return [-(most ?? 0n), most];
}

function day(value: number): number {
  if (value >= FIRST_DAY && value <= LAST_DAY) return value;
  throw new NotComputable('date out of range');
}

function storeLanes({ low, high, wide }: LanesVector, row: number, value: bigint | null, scale: number): void {
  if (value === null) {
    low[row] = 0;
    high[row] = NULL_INT;
  } else if (value > LANE_MAX || value < -LANE_MAX) {
    low[row] = wide.push(scaledLiteral(value, scale)) - 1;
    high[row] = WIDE;
  } else {
    low[row] = Number(BigInt.asUintN(32, value));
    high[row] = Number(value >> 32n);
  }
}

/** A column's default as its value. @throws NotComputable when it is none of the type */
export function standInOf({ type }: Target, literal: string | null): Value {
  if (literal === null) return null;
  const value = readStandIn(type, literal);
  if (value === null) throw new NotComputable(`${literal} is no ${type}`);
  return value;
}

function readStandIn(type: Target['type'], literal: string): Value {
  switch (type) {
    case 'boolean':
      return readBoolean(literal);
    case 'date':
      return readDate(literal);
    case 'timestamp':
      return readInstant(literal);
    case 'integer':
    case 'bigint':
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(literal) ? rationalOf(literal) : null;
    default:
      return literal;
  }
}
