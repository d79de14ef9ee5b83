import type { DatasetPlan } from '@millrace/dataset';

/** Whether a column may hold NULL: its default is null, or it is derived from one that may. */
export function isNullable(plan: DatasetPlan, index: number): boolean {
  const { derive, required, default_value } = plan.columns[index];
  if (derive) return derive.from.some((source) => isNullable(plan, source));
  return !required && default_value === null;
}
