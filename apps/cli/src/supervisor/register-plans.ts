import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { type Database, effectivePlan, ensureDataset, openDatabase, readPlans } from '@millrace/postgres';

export interface Registered {
  dataset: string;
  version: number;
  /** By this call; else it was the current version already. */
  isNew: boolean;
}

/**
 * Makes these plans the current ones of their datasets, with the columns that were found in sources since.
 * @returns also the plans that must wait until work under former versions is at its end
 * @throws MillraceError CONFIG_INVALID
 */
export async function registerPlans(
  db: Database,
  plans: readonly DatasetPlan[],
): Promise<{ datasets: Registered[]; busy: DatasetPlan[] }> {
  const before = new Map((await readPlans(db)).map(({ name, version }) => [name, version]));
  const datasets: Registered[] = [];
  const busy: DatasetPlan[] = [];
  for (const plan of plans) {
    try {
      const { name, version } = await ensureDataset(db, await effectivePlan(db, plan), { current: true });
      datasets.push({ dataset: name, version, isNew: before.get(name) !== version });
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'PLAN_BUSY')) throw error;
      busy.push(plan);
    }
  }
  return { datasets, busy };
}

/** The same over a connection of its own. @returns the plans that must wait */
export async function registerPlansAt(database_url: string, plans: readonly DatasetPlan[]): Promise<DatasetPlan[]> {
  const db = await openDatabase(database_url, { role: 'supervisor', max: 1 });
  try {
    return (await registerPlans(db, plans)).busy;
  } finally {
    await db.close();
  }
}
