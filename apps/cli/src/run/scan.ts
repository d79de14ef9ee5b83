import type { DatasetPlan } from '@millrace/dataset';
import type { Database } from '@millrace/postgres';
import type { MemoryPlan } from '@millrace/profile';
import type { ScanProgress } from '../screen/progress.js';
import type { SourceBooks } from './result.js';

/** A row of `millrace.scans`. */
export interface ScanRow {
  id: number;
  state: 'requested' | 'listed' | 'finished' | 'failed';
  files: number;
  size_bytes: number;
  ignored: number;
  refused: unknown;
  error: { code?: string; message?: string } | null;
  /** From the request to now, or to the end where it has ended. */
  seconds: number;
}

/** What stood in the database before a run, so that only what is new counts as its own. */
export interface Baseline {
  set_aside: number;
  heals: Map<number, number>;
}

/** Of chunks, and of those that were merged into ranges. */
const HEALS = `select source, heals from millrace.chunks where heals > 0
  union all select source, heals from millrace.ranges where heals > 0`;
const OF_SCAN = 'select source from millrace.scan_sources where scan = $1';

/** Messages set aside between two runs belong to the later one: no run that ends green has passed them over. */
export async function readBaseline(db: Database, dataset: string): Promise<Baseline> {
  const [{ last }] = await db.query<{ last: number }>(
    `select coalesce(max(id), 0)::float8 as last from millrace.set_aside
     where at <= (select max(finished_at) from millrace.scans where dataset = $1)`,
    [dataset],
  );
  const healed = await db.query<{ source: number; heals: number }>(
    `select source, sum(heals)::float8 as heals from (${HEALS}) as healed group by source`,
  );
  return { set_aside: last, heals: new Map(healed.map(({ source, heals }) => [source, heals])) };
}

/** Asks the ingestor for one pass over a directory. @param path absolute @param memory how to read it @returns the scan's id */
export async function requestScan(
  db: Database,
  plan: DatasetPlan,
  path: string,
  { mode, chunk_bytes, in_flight_bytes }: MemoryPlan,
): Promise<number> {
  const [{ id }] = await db.query<{ id: number }>(
    'insert into millrace.scans (dataset, path, fingerprint, plan) values ($1, $2, $3, $4) returning id::float8 as id',
    [plan.name, path, plan.fingerprint, JSON.stringify({ mode, chunk_bytes, in_flight_bytes })],
  );
  return id;
}

export async function readScan(db: Database, scan: number): Promise<ScanRow> {
  const [row] = await db.query<ScanRow>(
    `select id::float8 as id, state, coalesce(files, 0)::float8 as files, coalesce(size_bytes, 0)::float8 as size_bytes,
       coalesce(ignored, 0)::float8 as ignored, refused, error,
       extract(epoch from coalesce(finished_at, clock_timestamp()) - requested_at)::float8 as seconds
     from millrace.scans where id = $1`,
    [scan],
  );
  return row;
}

export async function readProgress(db: Database, scan: number): Promise<ScanProgress> {
  const [row] = await db.query<ScanProgress>(
    `with cut as (select coalesce(sum(records), 0)::float8 as cut_rows, coalesce(sum(byte_end - byte_start), 0)::float8 as cut_bytes
         from millrace.chunks where source in (${OF_SCAN})),
       applied as (select coalesce(sum(written), 0)::float8 as written, coalesce(sum(duplicates), 0)::float8 as duplicates,
         coalesce(sum(rejected), 0)::float8 as rejected, coalesce(sum(failed), 0)::float8 as failed
         from millrace.ledger where source in (${OF_SCAN})),
       manifests as (select coalesce(sum(rejected), 0)::float8 as rejected,
         coalesce(sum(records) filter (where failed), 0)::float8 as failed
         from millrace.manifests where source in (${OF_SCAN}))
     select coalesce(scans.size_bytes, 0)::float8 as size_bytes, cut_rows, cut_bytes, written, duplicates,
       applied.rejected + manifests.rejected as rejected, applied.failed + manifests.failed as failed
     from millrace.scans, cut, applied, manifests where scans.id = $1`,
    [scan],
  );
  return row;
}

export async function readScanBooks(db: Database, scan: number): Promise<SourceBooks[]> {
  return db.query<SourceBooks>(
    `select source, path, rows_in::float8 as rows_in, written::float8 as written, duplicates::float8 as duplicates,
       rejected::float8 as rejected, skipped::float8 as skipped, failed::float8 as failed, state, balanced, complete
     from millrace.books where source in (${OF_SCAN}) order by source`,
    [scan],
  );
}

/** Chunks of the scan that had to be published again since the baseline. */
export async function countHeals(db: Database, scan: number, baseline: Baseline): Promise<number> {
  const rows = await db.query<{ source: number; heals: number }>(
    `select source, sum(heals)::float8 as heals from (${HEALS}) as healed
     where source in (${OF_SCAN}) group by source`,
    [scan],
  );
  return rows.reduce((sum, { source, heals }) => sum + heals - (baseline.heals.get(source) ?? 0), 0);
}

/** Messages set aside since the baseline, of this dataset or of none that could be told. */
export async function countSetAside(db: Database, dataset: string, baseline: Baseline): Promise<number> {
  const [{ rows }] = await db.query<{ rows: number }>(
    'select count(*)::float8 as rows from millrace.set_aside where id > $1 and (dataset = $2 or dataset is null)',
    [baseline.set_aside, dataset],
  );
  return rows;
}
