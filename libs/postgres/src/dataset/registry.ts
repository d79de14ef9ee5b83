import type { DatasetPlan } from '@millrace/dataset';
import type { Database, Queryable, Transaction } from '../database.js';
import { sqlState } from '../errors.js';
import { SCHEMA_LOCK } from '../locks.js';
import { type Shape, shapeOf } from './shape.js';

/** A version of a dataset's plan. `planOf` (libs/dataset) makes the same plan of `config` again. */
export interface RegisteredPlan {
  name: string;
  version: number;
  fingerprint: string;
  config: unknown;
}

const MISSING = new Set(['42P01', '42703', '3F000']);

/**
 * All registered plans, those that are no longer written included, in order of their versions: the last one of a name is the
 * current one. Each fingerprint once, by its last version. Nothing before the schema is there.
 */
export async function readPlans(db: Queryable): Promise<RegisteredPlan[]> {
  try {
    return await db.query<RegisteredPlan>(
      `select name, version, fingerprint, config from millrace.datasets d
       where not exists (select from millrace.datasets later
         where later.name = d.name and later.fingerprint = d.fingerprint and later.version > d.version)
       order by version, name`,
    );
  } catch (error) {
    if (MISSING.has(sqlState(error) ?? '')) return [];
    throw error;
  }
}

/** A registered version as `ensureDataset` needs it. */
export interface Version {
  version: number;
  fingerprint: string;
  active: boolean;
  table_name: string;
  key_columns: string[];
  /** Null when it was registered before shapes were kept. */
  shape: Shape | null;
}

/** In order; `SCHEMA_LOCK` is held. */
export async function versionsOf(db: Queryable, name: string): Promise<Version[]> {
  return db.query(
    'select version, fingerprint, active, table_name, key_columns, shape from millrace.datasets where name = $1 order by version',
    [name],
  );
}

/** Registers a plan as the next version, or finds it. @throws nothing of its own */
export async function registerPlan(db: Database, plan: DatasetPlan): Promise<{ name: string; version: number }> {
  return db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
    const known = (await versionsOf(tx, plan.name)).findLast(({ fingerprint }) => fingerprint === plan.fingerprint);
    return { name: plan.name, version: known?.version ?? (await addVersion(tx, plan)) };
  });
}

export async function addVersion(tx: Transaction, plan: DatasetPlan): Promise<number> {
  const keys = plan.keys.map((index) => plan.columns[index].name);
  const [{ version }] = await tx.query<{ version: number }>(
    `insert into millrace.datasets (name, version, fingerprint, config, table_name, key_columns, shape)
     select $1, coalesce(max(version), 0) + 1, $2, $3::json, $4, $5::text[], $6::jsonb from millrace.datasets where name = $1
     returning version`,
    [plan.name, plan.fingerprint, JSON.stringify(plan.config ?? null), plan.table, keys, JSON.stringify(shapeOf(plan))],
  );
  return version;
}

/**
 * Of these plans those under which chunks may be cut. They stay so until the transaction ends: what would end it waits, and looks
 * for unresolved chunks then.
 */
export async function lockActivePlans(
  tx: Transaction,
  dataset: string,
  fingerprints: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.query<{ fingerprint: string }>(
    'select fingerprint from millrace.datasets where name = $1 and fingerprint = any ($2::text[]) and active for share',
    [dataset, fingerprints],
  );
  return new Set(rows.map(({ fingerprint }) => fingerprint));
}
