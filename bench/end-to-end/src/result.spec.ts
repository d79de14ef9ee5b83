import { describe, expect, it } from 'vitest';
import { judge, resultOf } from './result.mjs';

const run = (rows: number, seconds: number, user: number) => ({
  rows,
  seconds,
  cpu_seconds: { postgres: { user, system: 1 } },
  peak_rss_bytes: { 'cleaner-1': 100 * 1024 * 1024 },
  wal_bytes: rows * 200,
});

const file = (rows_in: number, written: number) => ({ rows_in, written, size_bytes: rows_in * 80 });
const answer = { files: [file(500, 500), file(1000, 900), file(1000, 900)] };

describe('result', () => {
  it('leaves out the file that everyone has warmed up on', () => {
    expect(resultOf({}, answer)).toMatchObject({ rows: 2000, rows_kept: 1800, files: 2, size_bytes: 160_000 });
  });

  it('compares with polars by rows in, with the floor by rows that are kept', () => {
    const { ratios, millrace } = resultOf(
      { millrace: [run(2000, 2, 3)], polars: [run(2000, 4, 7)], floor: [run(1800, 1, 1)] },
      answer,
    );
    expect(ratios).toEqual({ to_polars: 2, to_floor: 0.5, cpu_seconds_to_polars: 0.5 });
    expect(millrace).toMatchObject({ cpu_seconds_per_million_rows: { postgres: 2000 }, wal_bytes_per_row: 200 });
  });

  it('takes the median of the runs', () => {
    const { millrace } = resultOf({ millrace: [run(2000, 9, 1), run(2000, 2, 1), run(2000, 4, 1)] }, answer);
    expect(millrace).toMatchObject({ seconds: 4, seconds_of_runs: [9, 2, 4], rows_per_second: 500 });
  });
});

describe('targets', () => {
  it('are judged where they were measured, by bounds from either side', () => {
    const result = resultOf({ millrace: [run(2000, 2, 3)], polars: [run(2000, 4, 7)] }, answer);
    const topics = { bytes_per_row_total: 84, raw_bytes_per_row: 80 };
    const met = Object.fromEntries(judge({ ...result, topics }).map((target) => [target.measure, target.met]));
    expect(met).toEqual({
      'rows/s against polars': true,
      'CPU s per 1M rows, all processes': false,
      'largest service: peak RSS in MiB': true,
      'topics: bytes of a row against its raw bytes': false,
    });
  });
});
