import type { DatasetConfig } from '@millrace/dataset';
import type { Row } from './table-shape.js';

/** How the quartile's place is told among n sorted values, from 0: the usual ways differ, and answers must not depend on them. */
const PLACES: ((n: number, share: number) => number)[] = [
  (n, share) => (n - 1) * share,
  (n, share) => (n + 1) * share - 1,
  (n, share) => Math.ceil(n * share) - 1,
  (n, share) => Math.floor(n * share),
];

/** Records whose value is outside of the fences of the interquartile range of their file, with the first such column. */
export function farOutside(
  { columns }: DatasetConfig,
  accepted: readonly { record: number; row: Row }[],
): Map<number, string> {
  const found = new Map<number, string>();
  for (const { name, outliers } of columns) {
    if (!outliers) continue;
    const values = accepted.map(({ row }) => Number(row[name])).sort((a, b) => a - b);
    const [first, ...others] = PLACES.map((place) => fences(values, Number(outliers.factor ?? 1.5), place));
    for (const { record, row } of accepted) {
      const value = Number(row[name]);
      const isOutside = ([low, high]: [number, number]) => value < low || value > high;
      if (others.some((other) => isOutside(other) !== isOutside(first))) {
        throw new Error(`record ${record}: whether ${name} ${value} is an outlier depends on how quartiles are told`);
      }
      if (isOutside(first) && !found.has(record)) found.set(record, name);
    }
  }
  return found;
}

function fences(
  values: readonly number[],
  factor: number,
  place: (n: number, share: number) => number,
): [number, number] {
  const at = (share: number) => {
    const exact = Math.min(values.length - 1, Math.max(0, place(values.length, share)));
    const low = Math.floor(exact);
    return values[low] + (exact - low) * ((values[low + 1] ?? values[low]) - values[low]);
  };
  const [low, high] = [at(0.25), at(0.75)];
  return [low - factor * (high - low), high + factor * (high - low)];
}
