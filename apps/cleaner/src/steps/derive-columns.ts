import type { ColumnPlan } from '@millrace/dataset';
import { deriveExpression } from './values/derive-expression.js';
import { deriveMonth } from './values/derive-month.js';
import { deriveNetAmount } from './values/derive-net-amount.js';
import type { CodeColumn, IntColumn, LanesColumn, WorkingSet } from './working-set.js';

/** Fills the derived columns of all accepted rows, in their order: each may read those before it. */
export function deriveColumns(set: WorkingSet): void {
  for (const column of set.plan.columns) {
    switch (column.derive?.function) {
      case 'month':
        deriveMonth(set, set.columns[column.derive.from[0]] as IntColumn, set.columns[column.index] as CodeColumn);
        break;
      case 'net_amount':
        netAmount(set, column, column.derive.from);
        break;
      case 'expression':
        deriveExpression(set, column, column.derive.expression);
    }
  }
}

function netAmount(set: WorkingSet, column: ColumnPlan, from: number[]): void {
  const [quantity, price, percent] = from.map((index) => set.columns[index]);
  const [, { scale: price_scale }, { scale: percent_scale }] = from.map((index) => set.plan.columns[index]);
  deriveNetAmount(
    set,
    { quantity: quantity as IntColumn, price: price as LanesColumn, percent: percent as LanesColumn },
    { price: price_scale, percent: percent_scale, result: column.scale },
    set.columns[column.index] as LanesColumn,
  );
}
