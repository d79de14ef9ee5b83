/** Runs to figures: medians, ratios, and what was to be reached. */
import { summarize } from '../../measure/report.mjs';

const MEBIBYTE = 1024 * 1024;

/** What issue "Fast" asks of this bench. `of` gives undefined where it was not measured. */
export const TARGETS = [
  { measure: 'rows/s against polars', at_least: 1.5, of: ({ ratios }) => ratios.to_polars },
  { measure: 'rows kept a second against the floor', at_least: 0.6, of: ({ ratios }) => ratios.to_floor },
  {
    measure: 'CPU s per 1M rows, all processes',
    at_most: 6.5,
    of: ({ millrace }) => millrace?.cpu_seconds_per_million_rows_total,
  },
  {
    measure: 'largest service: peak RSS in MiB',
    at_most: 384,
    of: ({ millrace }) => millrace && Math.max(...Object.values(millrace.peak_rss_bytes)) / MEBIBYTE,
  },
  {
    measure: 'topics: bytes of a row against its raw bytes',
    at_most: 1,
    of: ({ topics }) => topics && topics.bytes_per_row_total / topics.raw_bytes_per_row,
  },
];

/**
 * @param {Partial<Record<'millrace' | 'polars' | 'floor', import('./sides.mjs').Run[]>>} runs
 * @param {{ files: { rows_in: number, written: number, size_bytes: number }[] }} answer the first file is not measured
 */
export function resultOf(runs, answer) {
  const measured = answer.files.slice(1);
  const total = (field) => measured.reduce((sum, file) => sum + file[field], 0);
  const [rows, rows_kept] = [total('rows_in'), total('written')];
  const side = (name) => (runs[name]?.length ? summarize(runs[name], runs[name][0].rows) : undefined);
  const [millrace, polars, floor] = [side('millrace'), side('polars'), side('floor')];
  const ratio = (a, b) => (a === undefined || b === undefined ? undefined : a / b);
  const cpu = (of) => of?.cpu_seconds_per_million_rows_total;
  return {
    rows,
    rows_kept,
    size_bytes: total('size_bytes'),
    files: measured.length,
    millrace,
    polars,
    floor,
    ratios: {
      to_polars: ratio(millrace?.rows_per_second, polars?.rows_per_second),
      to_floor: ratio(millrace && rows_kept / millrace.seconds, floor?.rows_per_second),
      cpu_seconds_to_polars: ratio(cpu(millrace), cpu(polars)),
    },
  };
}

/** @returns {{ measure: string, at_least?: number, at_most?: number, reached: number, met: boolean }[]} of what was measured */
export function judge(result) {
  return TARGETS.flatMap(({ measure, at_least, at_most, of }) => {
    const reached = of(result);
    if (reached === undefined) return [];
    const met = at_least === undefined ? reached <= at_most : reached >= at_least;
    return [{ measure, at_least, at_most, reached, met }];
  });
}
