import { type ErrorCode, MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { Database } from '@millrace/postgres';

/** A request to bring everything under a path into a dataset. */
export interface Scan {
  id: number;
  dataset: string;
  path: string;
  fingerprint: string;
  state: 'requested' | 'listed';
}

/** The oldest scan that is not at its end; undefined when nothing is asked for. */
export async function pickScan(db: Database): Promise<Scan | undefined> {
  const [scan] = await db.query<Scan>(
    `select id::float8, dataset, path, fingerprint, state from millrace.scans
     where state in ('requested', 'listed') order by id limit 1`,
  );
  return scan;
}

/** @throws MillraceError PLAN_UNKNOWN when this service was started with other dataset configs */
export function planOf(scan: Scan, plans: ReadonlyMap<string, DatasetPlan>): DatasetPlan {
  const plan = plans.get(scan.fingerprint);
  if (plan && plan.name === scan.dataset) return plan;
  throw new MillraceError(
    'PLAN_UNKNOWN',
    `no config of dataset ${scan.dataset} has fingerprint ${scan.fingerprint}: restart the services after an edit`,
    { place: { dataset: scan.dataset } },
  );
}

/** Errors that end a scan with its reason; all others end the process, which then takes the scan up again. */
export function isScanError(error: unknown): error is MillraceError {
  const codes: ErrorCode[] = ['SOURCE_UNREADABLE', 'PLAN_UNKNOWN', 'CONFIG_INVALID'];
  return error instanceof MillraceError && codes.includes(error.code);
}
