import { joinLanes, scaledText, WIDE } from '@millrace/columnar';
import type { IntColumn, LanesColumn, WorkingSet } from '../working-set.js';
import { left } from './cells.js';
import { LANE_MAX } from './exact-decimal.js';

/** Of this module: constants of another one would be looked up for each row. */
const HIGH_LANE = 2 ** 32;
const LANES = LANE_MAX;
const WIDE_LANE = WIDE;

export interface NetAmountColumns {
  quantity: IntColumn;
  price: LanesColumn;
  percent: LanesColumn;
}

/** Powers of ten of the scaled integers. */
export interface NetAmountScales {
  price: number;
  percent: number;
  result: number;
}

/**
 * round(quantity * price * (1 - percent / 100), scale), half away from zero, exact for every value that the types allow:
 * in doubles while the whole product is below 2^53, else in BigInt.
 */
export function deriveNetAmount(
  set: WorkingSet,
  from: NetAmountColumns,
  scales: NetAmountScales,
  into: LanesColumn,
): void {
  const { failure } = set;
  const { count } = set.records;
  const quantities = from.quantity.values;
  const { low: price_low, high: price_high } = from.price;
  const { low: percent_low, high: percent_high } = from.percent;
  const { low, high, wide } = into;
  const odd = left;
  wide.length = 0;
  // quantity * price * (whole - percent) is the result times this:
  const divisor = 10 ** (scales.price + scales.percent + 2 - scales.result);
  const whole = 100 * 10 ** scales.percent;
  const half = divisor / 2;
  const exact_below = divisor >= 1 && divisor < 2 ** 52 && whole <= LANE_MAX ? 2 ** 53 - divisor : 0;

  let lefts = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    if (price_high[row] === WIDE_LANE || percent_high[row] === WIDE_LANE) {
      odd[lefts++] = row;
      continue;
    }
    const price = price_high[row] * HIGH_LANE + price_low[row];
    const percent = percent_high[row] * HIGH_LANE + percent_low[row];
    const gross = quantities[row] * price;
    const product = gross * (whole - percent);
    // Both factors of `product` are exact when it is below 2^53, or one of them is 0.
    if (product >= exact_below || gross > LANES) {
      odd[lefts++] = row;
      continue;
    }
    let result = Math.floor(product / divisor);
    let rest = product - result * divisor;
    if (rest < 0) {
      result--;
      rest += divisor;
    }
    if (rest >= half) result++;
    low[row] = result;
    high[row] = Math.floor(result / HIGH_LANE);
  }
  for (let place = 0; place < lefts; place++) {
    const row = left[place];
    const result = exactNetAmount(from, scales, row);
    if (result <= LANE_MAX) {
      low[row] = Number(BigInt.asUintN(32, result));
      high[row] = Number(result >> 32n);
    } else {
      low[row] = wide.push(scaledText(result, scales.result)) - 1;
      high[row] = WIDE;
    }
  }
}

/** The result times 10^scale. */
function exactNetAmount(from: NetAmountColumns, scales: NetAmountScales, row: number): bigint {
  const price = exactAt(from.price, scales.price, row);
  const percent = exactAt(from.percent, scales.percent, row);
  const whole = 100n * 10n ** BigInt(percent.digits);
  const product = BigInt(from.quantity.values[row]) * price.scaled * (whole - percent.scaled);
  const shift = price.digits + percent.digits + 2 - scales.result;
  if (shift <= 0) return product * 10n ** BigInt(-shift);
  const divisor = 10n ** BigInt(shift);
  return (2n * product + divisor) / (2n * divisor);
}

function exactAt(column: LanesColumn, scale: number, row: number): { scaled: bigint; digits: number } {
  if (column.high[row] !== WIDE) return { scaled: BigInt(joinLanes(column.low[row], column.high[row])), digits: scale };
  const [whole, fraction = ''] = column.wide[column.low[row]].split('.');
  return { scaled: BigInt(whole + fraction), digits: fraction.length };
}
