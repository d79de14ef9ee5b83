import { type DatasetPlan, matchFields } from '@millrace/dataset';

/** Whether a header names any column of the dataset. */
export function namesAnyColumn(plan: DatasetPlan, names: readonly string[]): boolean {
  return matchFields(plan, names).some(({ field }) => field >= 0);
}

/** Names that a header may hold. */
export function knownNames(plan: DatasetPlan): string[] {
  return plan.source_columns.flatMap((index) => plan.columns[index].headers);
}
