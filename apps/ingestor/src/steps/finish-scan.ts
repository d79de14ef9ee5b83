import type { MillraceError } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import type { Scan } from './pick-scan.js';
import { errorJson } from './record-cuts.js';

export interface ScanTotals {
  sources: number;
  red: number;
  chunks: number;
  records: number;
}

/** Every source is at its end and every chunk resolved, or known never to be. */
export async function finishScan(db: Database, scan: Scan): Promise<ScanTotals> {
  await db.query(`update millrace.scans set state = 'finished', finished_at = clock_timestamp() where id = $1`, [
    scan.id,
  ]);
  const [totals] = await db.query<ScanTotals>(
    `select count(*) as sources, count(*) filter (where state <> 'cut') as red,
       coalesce(sum(chunks), 0)::bigint as chunks, coalesce(sum(records), 0)::bigint as records
     from millrace.scan_sources join millrace.sources on id = source
     cross join lateral (
       select count(*) as chunks, sum(records) as records from millrace.chunks where chunks.source = sources.id) as cut
     where scan = $1`,
    [scan.id],
  );
  return totals;
}

export async function failScan(db: Database, scan: Scan, error: MillraceError): Promise<void> {
  await db.query(
    `update millrace.scans set state = 'failed', finished_at = clock_timestamp(), error = $2::jsonb where id = $1`,
    [scan.id, errorJson(error)],
  );
}
