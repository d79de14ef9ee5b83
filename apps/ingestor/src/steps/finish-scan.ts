import type { MillraceError } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import type { Scan } from './pick-scan.js';
import { errorJson } from './record-cuts.js';

export interface ScanTotals {
  sources: number;
  red: number;
  chunks: number;
  records: number;
  size_bytes: number;
  seconds: number;
}

/**
 * Finishes the scan when every source is at its end and every chunk resolved, or known never to be.
 * @returns undefined while there is work left
 */
export async function finishScan(db: Database, scan: Scan): Promise<ScanTotals | undefined> {
  const finished = await db.query(
    `update millrace.scans set state = 'finished', finished_at = clock_timestamp()
     where id = $1 and state = 'listed' and not exists (
       select from millrace.scan_sources join millrace.sources on sources.id = source where scan = $1 and not settled)
     returning id`,
    [scan.id],
  );
  if (finished.length === 0) return undefined;
  const [totals] = await db.query<ScanTotals>(
    `select count(*) as sources, count(*) filter (where state in ('changed', 'vanished', 'failed')) as red,
       coalesce(sum(chunks), 0)::bigint as chunks, coalesce(sum(cut.records + merged.records), 0)::bigint as records,
       coalesce(sum(sealed_bytes), 0)::bigint as size_bytes,
       (select extract(epoch from finished_at - requested_at) from millrace.scans where scans.id = $1)::float8 as seconds
     from millrace.scan_sources join millrace.sources on id = source
     cross join lateral (
       select count(*) as chunks, coalesce(sum(records), 0) as records from millrace.chunks
       where chunks.source = sources.id) as cut
     cross join lateral (
       select coalesce(sum(records), 0) as records from millrace.ranges where ranges.source = sources.id) as merged
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
