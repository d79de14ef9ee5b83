import { DAY_US, dateText, FIRST_DAY, LAST_DAY, timeText } from './calendar.js';
import { fitted, inRange, readBoolean, readDay, readDecimal, readInstant, readInteger } from './literals.js';
import { integer, literalOf, NotComputable, type Rational, scaled } from './rational.js';
import type { Cast, NodeType, Value } from './tree.js';

/** A cast of a value that is not NULL. @throws NotComputable */
export function castValue(value: NonNullable<Value>, from: NodeType, cast: Cast): Value {
  const result = cast.to === 'text' ? valueText(value, from, cast.short) : castTo(value, from, cast);
  if (result === null) throw new NotComputable(`no ${cast.to}`);
  return result;
}

function castTo(value: NonNullable<Value>, { kind }: NodeType, cast: Cast): Value {
  const text = kind === 'text' ? (value as string) : null;
  switch (cast.to) {
    case 'integer':
    case 'bigint': {
      if (text !== null) return inRangeOrNull(readInteger(text), cast.to);
      if (kind === 'boolean') return integer(value === true ? 1 : 0);
      return inRange(integer(scaled(value as Rational, 0, 'half_up') as bigint), cast.to);
    }
    case 'decimal': {
      const number = text === null ? (value as Rational) : readDecimal(text);
      return number && fitted(number, cast.precision, cast.scale);
    }
    case 'boolean':
      return text !== null ? readBoolean(text) : kind === 'integer' ? (value as Rational).n !== 0n : value;
    case 'date':
      return text !== null ? readDay(text) : kind === 'timestamp' ? splitInstant(value as bigint).days : value;
    default:
      return text !== null ? readInstant(text) : kind === 'date' ? instantOf(value as number, 0) : value;
  }
}

function inRangeOrNull(value: Rational | null, to: 'integer' | 'bigint'): Rational | null {
  return value && inRange(value, to);
}

/** As text, as PostgreSQL writes it with DateStyle ISO. */
export function valueText(value: NonNullable<Value>, { kind, scale }: NodeType, short: boolean): string {
  switch (kind) {
    case 'boolean':
      return short ? (value ? 't' : 'f') : String(value);
    case 'date':
      return dateText(dayInRange(value as number));
    case 'timestamp': {
      const { days, time_us } = splitInstant(value as bigint);
      return `${dateText(dayInRange(days))} ${timeText(time_us)}`;
    }
    case 'integer':
    case 'bigint':
    case 'decimal':
      return literalOf(value as Rational, scale);
    default:
      return value as string;
  }
}

/** Of the years 1 to 9999. @throws NotComputable */
export function dayInRange(days: number): number {
  if (days >= FIRST_DAY && days <= LAST_DAY) return days;
  throw new NotComputable('date out of range');
}

export function splitInstant(micros: bigint): { days: number; time_us: number } {
  const time_us = Number(((micros % BigInt(DAY_US)) + BigInt(DAY_US)) % BigInt(DAY_US));
  return { days: Number((micros - BigInt(time_us)) / BigInt(DAY_US)), time_us };
}

export const instantOf = (days: number, time_us: number): bigint => BigInt(days) * BigInt(DAY_US) + BigInt(time_us);
