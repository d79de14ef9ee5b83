import type { Database } from '@millrace/postgres';
import type { Gauges } from './gauges.js';

/** What a live flow has brought since it was looked at first. */
export interface LiveNumbers extends DatasetTotals, Gauges {
  dataset: string;
  /** Rows that came to their end, over the last seconds. */
  rows_per_second: number;
  seconds: number;
  /** What keeps watched directories or files from being read; one line each. */
  troubles: string[];
}

/** Sums over the books of a dataset. */
export interface DatasetTotals {
  rows_in: number;
  written: number;
  duplicates: number;
  rejected: number;
  failed: number;
}

export async function readDatasetTotals(db: Pick<Database, 'query'>, dataset: string): Promise<DatasetTotals> {
  const [totals] = await db.query<DatasetTotals>(
    `select coalesce(sum(rows_in), 0)::float8 as rows_in, coalesce(sum(written), 0)::float8 as written,
       coalesce(sum(duplicates), 0)::float8 as duplicates, coalesce(sum(rejected), 0)::float8 as rejected,
       coalesce(sum(failed), 0)::float8 as failed
     from millrace.books where dataset = $1`,
    [dataset],
  );
  return totals;
}

export function totalsSince(before: DatasetTotals, now: DatasetTotals): DatasetTotals {
  return {
    rows_in: now.rows_in - before.rows_in,
    written: now.written - before.written,
    duplicates: now.duplicates - before.duplicates,
    rejected: now.rejected - before.rejected,
    failed: now.failed - before.failed,
  };
}

export function resolvedRows({ written, duplicates, rejected, failed }: DatasetTotals): number {
  return written + duplicates + rejected + failed;
}
