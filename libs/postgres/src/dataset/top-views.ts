import type { DatasetPlan, TopPlan } from '@millrace/dataset';
import type { Transaction } from '../database.js';
import { quote, tableName } from '../identifiers.js';
import { relationKind } from './catalog.js';
import { attempt, refuse } from './refuse.js';

/** @param isOurs views that an earlier version of the dataset made @throws MillraceError CONFIG_INVALID */
export async function dropViews(tx: Transaction, names: Iterable<string>, isOurs: (name: string) => boolean) {
  for (const name of names) {
    const kind = await relationKind(tx, name);
    if (!kind) continue;
    if (kind !== 'view' || !isOurs(name)) {
      refuse(`view ${name} exists, and Millrace did not make it: drop it, or give the view another name`);
    }
    await attempt(`view ${name} cannot be made anew`, () => tx.query(`drop view ${tableName(name)}`));
  }
}

export async function makeViews(tx: Transaction, plan: DatasetPlan): Promise<void> {
  for (const top of plan.top_n) await attempt(`view ${top.view}`, () => tx.query(topSql(plan, top)));
}

/** Ties go by the other dimensions, in an order that no locale changes: every reader sees the same rows. */
function topSql(plan: DatasetPlan, { view, of, by, within, n }: TopPlan): string {
  const gold = plan.gold.find(({ table }) => table === of);
  if (!gold) refuse(`view ${view}: there is no gold table ${of}`);
  const dimensions = gold.dimensions.map((index) => plan.columns[index]);
  const columns = [...dimensions, ...gold.measures].map(({ name }) => quote(name));
  if (columns.includes('"rank"')) refuse(`view ${view}: ${of} has a column rank already, the name of the view's own`);
  const ties = dimensions
    .filter(({ name }) => !within.includes(name))
    .map(({ name, encoding }) => `${quote(name)}${encoding === 'dictionary' ? ' collate "C"' : ''}`);
  const partition = within.length > 0 ? `partition by ${within.map(quote).join(', ')} ` : '';
  return `create view ${tableName(view)} as
    select ${columns.join(', ')}, rank from (
      select ${columns.join(', ')}, (row_number() over (
        ${partition}order by ${[`${quote(by)} desc nulls last`, ...ties].join(', ')}))::int as rank
      from ${tableName(of)}) ranked
    where rank <= ${n}`;
}
