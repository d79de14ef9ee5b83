import { type DatasetPlan, type EvolvedColumn, planOf, withEvolved } from '@millrace/dataset';
import type { Queryable } from '../database.js';

/** The plan with the columns that were found in files of its dataset and are in no config; the plan itself when there are none. */
export async function effectivePlan(db: Queryable, plan: DatasetPlan): Promise<DatasetPlan> {
  const found = await db.query<EvolvedColumn>(
    'select name, header, type from millrace.evolved_columns where dataset = $1 order by found_at, name',
    [plan.name],
  );
  return found.length === 0 ? plan : planOf(withEvolved(plan.config, found));
}
