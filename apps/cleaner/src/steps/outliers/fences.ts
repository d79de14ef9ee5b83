import type { OutlierRule } from '@millrace/dataset';
import type { SortedNumbers } from './column-numbers.js';

/** Values that are no outliers, as scaled integers, inclusive; null: no fence on that side. */
export interface Fences {
  low: bigint | null;
  high: bigint | null;
}

/** Fewer values than these say nothing about one another. */
const FEWEST = 4;

/**
 * The fences of one column's values, exact: nothing is rounded but the fences themselves, inwards to the integers that the
 * values are.
 * @param values scaled integers @param scale power of ten of these
 */
export function fencesOf({ method, factor, low, high }: OutlierRule, values: SortedNumbers, scale: number): Fences {
  const own = values.length < FEWEST ? { low: null, high: null } : FENCES[method](values, fractionOf(factor));
  return {
    low: low === null ? own.low : scaledUp(low, scale),
    high: high === null ? own.high : scaledDown(high, scale),
  };
}

/** top / bottom. */
interface Fraction {
  top: bigint;
  bottom: bigint;
}

const FENCES = { iqr: tukeyFences, zscore: deviationFences };

/** First quartile - f * IQR to third quartile + f * IQR; quartiles by linear interpolation between the values around them. */
function tukeyFences(values: SortedNumbers, { top, bottom }: Fraction): Fences {
  // Four times the quartile at (n - 1) * quarter / 4 is an integer.
  const quartile = (quarter: number) => {
    const place = (values.length - 1) * quarter;
    const below = values.at(place >> 2);
    const rest = place & 3;
    return rest === 0 ? 4n * below : 4n * below + BigInt(rest) * (values.at((place >> 2) + 1) - below);
  };
  const first = quartile(1);
  const third = quartile(3);
  const reach = top * (third - first);
  return {
    low: ceilDivide(first * bottom - reach, 4n * bottom),
    high: floorDivide(third * bottom + reach, 4n * bottom),
  };
}

/** No further from the mean than f standard deviations of the whole population. */
function deviationFences(values: SortedNumbers, { top, bottom }: Fraction): Fences {
  const count = BigInt(values.length);
  let sum = 0n;
  let squares = 0n;
  for (let index = 0; index < values.length; index++) {
    const value = values.at(index);
    sum += value;
    squares += value * value;
  }
  // |v - sum/n| <= f * sqrt(n * squares - sum^2) / n, times n.
  const reach = squareRoot((top * top * (count * squares - sum * sum)) / (bottom * bottom));
  return { low: ceilDivide(sum - reach, count), high: floorDivide(sum + reach, count) };
}

function fractionOf(literal: string): Fraction {
  const [whole, fraction = ''] = literal.split('.');
  return { top: BigInt(`0${whole}${fraction}`), bottom: 10n ** BigInt(fraction.length) };
}

function scaledDown(literal: string, scale: number): bigint {
  const negative = literal.startsWith('-');
  const { top, bottom } = fractionOf(literal.replace('-', ''));
  return floorDivide((negative ? -top : top) * 10n ** BigInt(scale), bottom);
}

function scaledUp(literal: string, scale: number): bigint {
  const down = scaledDown(literal, scale);
  const { top, bottom } = fractionOf(literal.replace('-', ''));
  return (top * 10n ** BigInt(scale)) % bottom === 0n ? down : down + 1n;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function ceilDivide(value: bigint, by: bigint): bigint {
  return -floorDivide(-value, by);
}

/** The largest integer whose square is at most `value`. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
