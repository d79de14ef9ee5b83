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
  /** What whoever asked for it found to be the right sizes; null: the usual ones. */
  plan: { mode: string; chunk_bytes: number; in_flight_bytes: number } | null;
}

/** The oldest scans that are not at their end, in order. */
export async function pickScans(db: Database, limit: number): Promise<Scan[]> {
  return db.query<Scan>(
    `select id::float8, dataset, path, fingerprint, state, plan from millrace.scans
     where state in ('requested', 'listed') order by id limit $1`,
    [limit],
  );
}

type Plans = ReadonlyMap<string, DatasetPlan>;

/** @throws MillraceError PLAN_UNKNOWN when this service was started with other dataset configs */
export function planOf(scan: Scan, plans: Plans): DatasetPlan {
  const plan = plans.get(scan.fingerprint);
  if (plan && plan.name === scan.dataset) return plan;
  throw new MillraceError(
    'PLAN_UNKNOWN',
    `no config of dataset ${scan.dataset} has fingerprint ${scan.fingerprint}: restart the services after an edit`,
    { place: { dataset: scan.dataset } },
  );
}

/** What is listed is cut under the current plan. @throws MillraceError PLAN_UNKNOWN when the dataset is gone */
export function requireDataset({ dataset }: Scan, plans: Plans): void {
  if (![...plans.values()].some(({ name }) => name === dataset)) throw unknownDataset(dataset);
}

export function unknownDataset(dataset: string): MillraceError {
  return new MillraceError('PLAN_UNKNOWN', `there is no config of dataset ${dataset}`, { place: { dataset } });
}

/** Errors that end a scan with its reason; all others end the process, which then takes the scan up again. */
export function isScanError(error: unknown): error is MillraceError {
  const codes: ErrorCode[] = ['SOURCE_UNREADABLE', 'PLAN_UNKNOWN', 'CONFIG_INVALID'];
  return error instanceof MillraceError && codes.includes(error.code);
}
