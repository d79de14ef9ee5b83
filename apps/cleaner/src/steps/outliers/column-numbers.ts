import { joinLanes, WIDE } from '@millrace/columnar';
import { type IntColumn, type LanesColumn, NULL_INT, type WorkingSet } from '../working-set.js';

/** The values of a column of numbers as scaled integers, one a record: doubles while they hold them all (NaN = NULL), else exact. */
export type ColumnNumbers =
  | { kind: 'short'; scale: number; values: Float64Array }
  | { kind: 'exact'; scale: number; values: (bigint | null)[] };

/** @param scale of the column's plan: where decimals are carried as text, all are read at the scale of the finest */
export function numbersOf({ records }: WorkingSet, column: IntColumn | LanesColumn, scale: number): ColumnNumbers {
  const { count } = records;
  if (column.encoding !== 'decimal') {
    const values = Float64Array.from(column.values.subarray(0, count));
    for (let row = 0; row < count; row++) if (values[row] === NULL_INT) values[row] = Number.NaN;
    return { kind: 'short', scale: 0, values };
  }
  if (column.wide.length > 0) return wideNumbers(column, count, scale);
  const { low, high } = column;
  const values = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    values[row] = high[row] === NULL_INT ? Number.NaN : joinLanes(low[row], high[row]);
  }
  return { kind: 'short', scale, values };
}

function wideNumbers({ low, high, wide }: LanesColumn, count: number, scale: number): ColumnNumbers {
  const digits = wide.reduce((most, literal) => Math.max(most, (literal.split('.')[1] ?? '').length), scale);
  const more = 10n ** BigInt(digits - scale);
  const texts = wide.map((literal) => {
    const [whole, fraction = ''] = literal.split('.');
    return BigInt(whole + fraction.padEnd(digits, '0'));
  });
  const values = Array.from({ length: count }, (_, row) => {
    if (high[row] === NULL_INT) return null;
    return high[row] === WIDE ? texts[low[row]] : BigInt(joinLanes(low[row], high[row])) * more;
  });
  return { kind: 'exact', scale: digits, values };
}

/** The values of the accepted rows, ascending, without NULL. */
export function sortedNumbers({ values, kind }: ColumnNumbers, { failure }: WorkingSet): SortedNumbers {
  if (kind === 'short') {
    const sorted = values.filter((value, row) => failure[row] === 0 && !Number.isNaN(value)).sort();
    return { length: sorted.length, at: (index) => BigInt(sorted[index]) };
  }
  const sorted = values.filter((value, row): value is bigint => failure[row] === 0 && value !== null);
  sorted.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { length: sorted.length, at: (index) => sorted[index] };
}

export interface SortedNumbers {
  length: number;
  at(index: number): bigint;
}

export const NO_NUMBERS: SortedNumbers = { length: 0, at: () => 0n };

/** The accepted rows whose value is below `low` or above `high`; null is no bound. */
export function rowsBeyond(numbers: ColumnNumbers, set: WorkingSet, low: bigint | null, high: bigint | null): number[] {
  if (numbers.kind === 'exact') {
    return rowsWhere(set, (row) => {
      const value = numbers.values[row];
      return value !== null && ((low !== null && value < low) || (high !== null && value > high));
    });
  }
  // A bound that doubles do not hold is beyond every value here, also when it is rounded.
  const { values } = numbers;
  const least = low === null ? Number.NEGATIVE_INFINITY : Number(low);
  const most = high === null ? Number.POSITIVE_INFINITY : Number(high);
  return rowsWhere(set, (row) => values[row] < least || values[row] > most);
}

function rowsWhere({ records, failure }: WorkingSet, holds: (row: number) => boolean): number[] {
  const rows: number[] = [];
  for (let row = 0; row < records.count; row++) if (failure[row] === 0 && holds(row)) rows.push(row);
  return rows;
}
