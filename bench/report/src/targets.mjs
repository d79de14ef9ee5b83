import { figure, mebibytes, millions, milliseconds, number, percent } from './markdown.mjs';

const MIB = 1024 * 1024;
const atLeast = (bound) => (value) => value >= bound;
const atMost = (bound) => (value) => value <= bound;
const ratio = (value) => `${number(value, 2)} ×`;
const worst = (...values) => (values.some((value) => value === undefined) ? undefined : Math.max(...values));

/** What was measured of fewer rows says nothing about a target of so many. */
const of1M = ({ end_to_end }) => (end_to_end?.rows >= 0.99e6 ? end_to_end : undefined);
const of10M = ({ end_to_end_10m }) => (end_to_end_10m?.rows >= 9.9e6 ? end_to_end_10m : undefined);
const plain = (load) => (load?.rows >= 1e6 ? load.ratios.to_polars : undefined);

/**
 * What was to be reached. `of` finds the value in the figures, undefined where it was not measured.
 * @type {{ measure: string, target: string, of: (figures: object) => number | undefined, reached: (value: number) => boolean, show: (value: number) => string }[]}
 */
export const TARGETS = [
  {
    measure: 'end to end, 1M sales rows, against polars + COPY',
    target: '≥ 1.5 × its rows/s',
    of: (figures) => of1M(figures)?.to_polars,
    reached: atLeast(1.5),
    show: ratio,
  },
  {
    measure: 'the same at 10M, keys rising',
    target: '≥ 1.5 × its rows/s',
    of: (figures) => of10M(figures)?.to_polars,
    reached: atLeast(1.5),
    show: ratio,
  },
  {
    measure: 'rows/s at 10M against those at 1M',
    target: '≥ 0.9 ×',
    of: (figures) => {
      const [small, large] = [of1M(figures)?.rows_per_second, of10M(figures)?.rows_per_second];
      return small && large ? large / small : undefined;
    },
    reached: atLeast(0.9),
    show: ratio,
  },
  {
    measure: 'whole pipeline, against the floor (COPY of the clean rows into a keyed table)',
    target: '≥ 0.6 × its rows/s',
    of: (figures) => of1M(figures)?.to_floor,
    reached: atLeast(0.6),
    show: ratio,
  },
  {
    measure: 'CPU seconds per 1M rows, all processes',
    target: '≤ 6.5',
    of: (figures) => of1M(figures)?.cpu_seconds_total,
    reached: atMost(6.5),
    show: figure,
  },
  {
    measure: 'deduper, one process, 50M random keys: rows/s',
    target: '≥ 2.5M',
    of: ({ filter }) => filter?.at_50m?.rows_per_second,
    reached: atLeast(2.5e6),
    show: millions,
  },
  {
    measure: 'the same: CPU seconds per 1M rows',
    target: '≤ 0.4',
    of: ({ filter }) => filter?.at_50m?.cpu_seconds_per_million,
    reached: atMost(0.4),
    show: figure,
  },
  {
    measure: 'the same: peak RSS',
    target: '≤ 256 MB',
    of: ({ filter }) => filter?.at_50m?.peak_rss_bytes,
    reached: atMost(256 * MIB),
    show: (value) => `${mebibytes(value)} MiB`,
  },
  {
    measure: 'the same: false suspects',
    target: '≤ 0.5 %',
    of: ({ filter }) => filter?.at_50m?.false_suspects.at_the_end,
    reached: atMost(0.005),
    show: (value) => percent(value, 2),
  },
  {
    measure: 'cleaner, one process (a chunk from zstd to silver messages): rows/s',
    target: '≥ 1.0M',
    of: ({ cleaner_rows_per_second }) => cleaner_rows_per_second,
    reached: atLeast(1e6),
    show: millions,
  },
  {
    measure: 'peak RSS of the largest service at 20M rows',
    target: '≤ 384 MB',
    of: ({ peaks }) => (peaks && peaks.rows >= 20e6 ? Math.max(...Object.values(peaks.bytes)) : undefined),
    reached: atMost(384 * MIB),
    show: (value) => `${mebibytes(value)} MiB`,
  },
  {
    measure: 'live, 2,000 rows/s, send to committed gold: p50 of HTTP and Kafka, the later one',
    target: '≤ 300 ms',
    of: ({ live }) => worst(live?.http?.p50_ms, live?.kafka?.p50_ms),
    reached: atMost(300),
    show: milliseconds,
  },
  {
    measure: 'the same: p99',
    target: '≤ 1 s',
    of: ({ live }) => worst(live?.http?.p99_ms, live?.kafka?.p99_ms),
    reached: atMost(1000),
    show: milliseconds,
  },
  {
    measure: 'bytes of a row over all topics, against its raw CSV bytes',
    target: '≤ 1.0 ×',
    of: ({ topics }) => topics && topics.bytes_per_row_total / topics.raw_bytes_per_row,
    reached: atMost(1),
    show: ratio,
  },
  {
    measure: 'plain load, CSV 1M × 5, against polars',
    target: '≥ 1.0 × its rows/s',
    of: ({ load }) => plain(load?.csv),
    reached: atLeast(1),
    show: ratio,
  },
  {
    measure: 'plain load, Parquet 1M × 26, against polars',
    target: '≥ 1.0 × its rows/s',
    of: ({ load }) => plain(load?.parquet),
    reached: atLeast(1),
    show: ratio,
  },
];
