import type { DatasetPlan, GoldPlan } from '@millrace/dataset';
import { type Database, quote, tableName } from '@millrace/postgres';
import type { GoldTable } from '../screen/run-screen.js';

const SHOWN = 5;

/** The largest groups of each gold table. */
export async function readGold(db: Database, plan: DatasetPlan, shown = SHOWN): Promise<GoldTable[]> {
  const tables: GoldTable[] = [];
  for (const gold of plan.gold) {
    const [{ groups }] = await db.query<{ groups: number }>(
      `select count(*)::float8 as groups from ${tableName(gold.table)}`,
    );
    tables.push({ table: gold.table, groups, first: await db.query(selectLargest(plan, gold, shown)) });
  }
  return tables;
}

/** Counts as numbers, everything else as text: sums pass 2^53 and money must stay exact. */
export function selectLargest(plan: DatasetPlan, gold: GoldPlan, shown: number): string {
  const dimensions = gold.dimensions.map((index) => quote(plan.columns[index].name));
  const measures = gold.measures.map(({ name, kind }) =>
    kind === 'count' ? `${quote(name)}::float8 as ${quote(name)}` : `${quote(name)}::text as ${quote(name)}`,
  );
  const count = gold.measures.find(({ kind }) => kind === 'count');
  const order = [...(count ? [`g.${quote(count.name)} desc`] : []), ...dimensions.map((name) => `g.${name}`)];
  const columns = [...dimensions.map((name) => `${name}::text as ${name}`), ...measures];
  return `select ${columns.join(', ')} from ${tableName(gold.table)} g order by ${order.join(', ')} limit ${shown}`;
}
