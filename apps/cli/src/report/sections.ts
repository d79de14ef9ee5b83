import type { DatasetPlan, GoldPlan, TopPlan } from '@millrace/dataset';
import { quote, tableName } from '@millrace/postgres';
import { CommandFailure } from '../failure.js';
import type { CellType } from './csv-cell.js';

/** One query of a report: what one date has in a gold table, or in a view over one. */
export interface Section {
  /** Takes the date as $1; gives the columns as text, in this order, always in the same order of rows. */
  sql: string;
  /** Which ranking it is; null for a gold table. */
  ranking: string | null;
}

/** One file of a report, for each date. */
export interface ReportFile {
  /** Before the date in the file's name. */
  name: string;
  header: string[];
  types: CellType[];
  sections: Section[];
}

const CHANNEL_SALES = 'channel_sales';

/** Files of different datasets have different names, so that one directory holds them all. */
function fileNames({ name }: DatasetPlan, table: string): { daily: string; top: string } {
  if (name === CHANNEL_SALES) return { daily: 'daily_sales', top: 'top5_products' };
  // A table may be called anything; a file may not.
  const safe = table.replace(/[^\p{L}\p{N}._-]/gu, '_').replace(/^\.+/, '_');
  return { daily: safe, top: `top_${safe}` };
}

/**
 * The files of a dataset's report: its first gold table by date (rather one that no ranking is made of), and its rankings within a date.
 * @throws CommandFailure where it has no gold table by date
 */
export function reportFiles(plan: DatasetPlan): ReportFile[] {
  const dated = plan.gold.filter((gold) => dateColumn(plan, gold) !== undefined);
  const daily = dated.find(({ table }) => !plan.top_n.some(({ of }) => of === table)) ?? dated[0];
  if (!daily) {
    const advice = 'add a gold table whose dimensions include a date column';
    throw new CommandFailure(
      'REFUSED',
      `${plan.name} has no gold table by date, so that no day can be reported`,
      advice,
    );
  }
  const files: ReportFile[] = [dailyFile(plan, daily)];
  const rankings = plan.top_n.flatMap((top) => {
    const gold = dated.find(({ table }) => table === top.of);
    return gold && top.within.includes(dateColumn(plan, gold)!) ? [{ top, gold }] : [];
  });
  // One file has one header: rankings of the same gold table.
  const ranked = rankings.filter(({ gold }) => gold === rankings[0].gold);
  if (ranked.length > 0)
    files.push(
      topFile(
        plan,
        ranked[0].gold,
        ranked.map(({ top }) => top),
      ),
    );
  return files;
}

function dateColumn(plan: DatasetPlan, { dimensions }: GoldPlan): string | undefined {
  return dimensions.map((index) => plan.columns[index]).find(({ type }) => type === 'date')?.name;
}

function dailyFile(plan: DatasetPlan, gold: GoldPlan): ReportFile {
  const { names, types, dimensions } = columnsOf(plan, gold);
  const sql = `select ${asText(names)} from ${tableName(gold.table)} t
    where t.${quote(dateColumn(plan, gold)!)} = $1::date order by ${dimensions.map((name) => `t.${quote(name)}`).join(', ')}`;
  return { name: fileNames(plan, gold.table).daily, header: names, types, sections: [{ sql, ranking: null }] };
}

function topFile(plan: DatasetPlan, gold: GoldPlan, tops: readonly TopPlan[]): ReportFile {
  const { names, types, dimensions } = columnsOf(plan, gold);
  const sections = tops.map(({ view, by, within }): Section => {
    const others = dimensions.filter((name) => !within.includes(name));
    const groups = within.map((name) => `t.${quote(name)}`);
    const order = [...groups, `t.${quote(by)} desc`, ...others.map((name) => `t.${quote(name)}`)];
    const sql = `select ${asText(names)} from ${tableName(view)} t
      where t.${quote(dateColumn(plan, gold)!)} = $1::date order by ${order.join(', ')}`;
    return { sql, ranking: by };
  });
  return {
    name: fileNames(plan, gold.table).top,
    header: ['ranking', 'rank', ...names],
    types: ['text', 'number', ...types],
    sections,
  };
}

function columnsOf(plan: DatasetPlan, gold: GoldPlan) {
  const columns = gold.dimensions.map((index) => plan.columns[index]);
  const dimensions = columns.map(({ name }) => name);
  const types = columns.map(({ encoding }): CellType => (encoding === 'dictionary' ? 'text' : 'number'));
  const measures = gold.measures.map(({ name }) => name);
  return {
    dimensions,
    names: [...dimensions, ...measures],
    types: [...types, ...measures.map((): CellType => 'number')],
  };
}

/** Sums pass 2^53 and money must stay exact. */
function asText(names: readonly string[]): string {
  return names.map((name) => `t.${quote(name)}::text as ${quote(name)}`).join(', ');
}
