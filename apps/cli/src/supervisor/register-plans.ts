import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { type Database, effectivePlan, ensureDataset, openDatabase } from '@millrace/postgres';

/**
 * Makes these plans the current ones of their datasets, with the columns that were found in sources since.
 * @returns plans that must wait until work under former versions is at its end
 * @throws MillraceError CONFIG_INVALID
 */
export async function registerPlans(db: Database, plans: readonly DatasetPlan[]): Promise<DatasetPlan[]> {
  const busy: DatasetPlan[] = [];
  for (const plan of plans) {
    try {
      await ensureDataset(db, await effectivePlan(db, plan), { current: true });
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'PLAN_BUSY')) throw error;
      busy.push(plan);
    }
  }
  return busy;
}

/** The same over a connection of its own. */
export async function registerPlansAt(database_url: string, plans: readonly DatasetPlan[]): Promise<DatasetPlan[]> {
  const db = await openDatabase(database_url, { role: 'supervisor', max: 1 });
  try {
    return await registerPlans(db, plans);
  } finally {
    await db.close();
  }
}
