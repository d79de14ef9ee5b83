import type { DatasetPlan } from '@millrace/dataset';
import { type Database, effectivePlan, ensureDataset } from '@millrace/postgres';
import { addPlan, currentPlan, type PlanRegistry, type Plans } from '@millrace/stage';
import type { FoundColumn } from './inspect/decide-drift.js';

/** One at a time evolves a dataset: else one's version would lack the other's columns. Any constant of our own will do. */
const EVOLVE_LOCK = 0x4d4c4556;

export interface EvolveParts {
  db: Database;
  plans: Plans;
  registry?: Pick<PlanRegistry, 'refresh'>;
}

/**
 * Adds columns to a dataset: a version of its own, which is current from then on, here and in all services. They are text, so
 * that no value of theirs is lost, and NULL in all rows without them.
 * @returns the current plan, with these columns and what others have added meanwhile
 */
export async function evolveDataset(
  { db, plans, registry }: EvolveParts,
  dataset: string,
  columns: readonly FoundColumn[],
): Promise<DatasetPlan> {
  return db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [EVOLVE_LOCK, dataset]);
    await registry?.refresh();
    await tx.query(
      `insert into millrace.evolved_columns (dataset, name, header, type)
       select $1, name, header, 'text' from unnest($2::text[], $3::text[]) as found (name, header) on conflict do nothing`,
      [dataset, columns.map(({ name }) => name), columns.map(({ header }) => header)],
    );
    const plan = await effectivePlan(tx, currentPlan(plans, dataset) as DatasetPlan);
    await ensureDataset(db, plan);
    addPlan(plans, plan);
    return plan;
  });
}
