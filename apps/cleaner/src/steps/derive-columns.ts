import { deriveMonth } from './values/derive-month.js';
import { deriveNetAmount } from './values/derive-net-amount.js';
import type { CodeColumn, IntColumn, LanesColumn, WorkingSet } from './working-set.js';

/** Fills the derived columns of all accepted rows. */
export function deriveColumns(set: WorkingSet): void {
  for (const column of set.plan.columns) {
    if (column.derive === null) continue;
    const from = column.derive.from.map((index) => set.columns[index]);
    const into = set.columns[column.index];
    if (column.derive.function === 'month') {
      deriveMonth(set, from[0] as IntColumn, into as CodeColumn);
    } else {
      const [, price, percent] = column.derive.from.map((index) => set.plan.columns[index]);
      deriveNetAmount(
        set,
        { quantity: from[0] as IntColumn, price: from[1] as LanesColumn, percent: from[2] as LanesColumn },
        { price: price.scale, percent: percent.scale, result: column.scale },
        into as LanesColumn,
      );
    }
  }
}
