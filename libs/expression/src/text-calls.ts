import { integer, NotComputable, type Rational } from './rational.js';
import * as texts from './text-functions.js';
import type { TextFunction, Value } from './tree.js';

/** Each takes texts and whole numbers; null when it cannot be computed. */
export const TEXT_CALLS: Record<TextFunction, (...args: never[]) => string | number | boolean | null> = {
  lower: texts.lower,
  upper: texts.upper,
  trim: texts.trim,
  ltrim: texts.ltrim,
  rtrim: texts.rtrim,
  length: texts.lengthOf,
  substr: texts.substr,
  left: texts.left,
  right: texts.right,
  replace: texts.replace,
  split_part: texts.splitPart,
  starts_with: (text: string, part: string) => text.startsWith(part),
  strpos: texts.strpos,
  join: (a: string, b: string) => a + b,
};

/** @throws NotComputable */
export function callText(fn: TextFunction, values: NonNullable<Value>[]): Value {
  const args = values.map((value) => (typeof value === 'object' ? countOf(value) : value));
  const result = TEXT_CALLS[fn](...(args as never[]));
  if (result === null) throw new NotComputable(fn);
  return typeof result === 'number' ? integer(result) : result;
}

/** No text is longer than what a count is cut to. */
function countOf({ n, d }: Rational): number {
  const whole = n / d;
  const most = 1n << 40n;
  return Number(whole > most ? most : whole < -most ? -most : whole);
}
