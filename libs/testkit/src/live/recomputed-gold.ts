import { GOLD_DIMENSIONS, GOLD_TABLES, type GoldTable } from '../answer-key.js';
import type { Differences } from '../expect/differences.js';
import type { Queries } from '../expect/found-in-database.js';

const NAMED = 10;

const MEASURES: Record<GoldTable, Record<string, string>> = {
  sales_by_month_region_category: sums(),
  sales_by_product: {
    ...sums(),
    unit_price_sum: 'sum(unit_price)',
    average_price: 'round(sum(unit_price) / count(*), 4)',
  },
  sales_daily: sums(),
};

function sums(): Record<string, string> {
  return { orders: 'count(*)', quantity: 'sum(quantity::numeric)', revenue: 'sum(revenue)' };
}

/** Compares each gold table with what PostgreSQL itself adds up from public.sales: whatever else stands in it. */
export async function compareRecomputedGold(database: Queries, differences: Differences): Promise<void> {
  for (const table of GOLD_TABLES) {
    const rows = await database.query<{ dimensions: string; found: string | null; wanted: string | null }>(
      selectDifferences(table),
    );
    for (const { dimensions, found, wanted } of rows) {
      differences.add(`${table} ${dimensions}: is ${found ?? 'missing'}, its rows give ${wanted ?? 'no such group'}`);
    }
  }
}

function selectDifferences(table: GoldTable): string {
  const dimensions = GOLD_DIMENSIONS[table].join(', ');
  const measures = Object.entries(MEASURES[table]);
  const wanted = measures.map(([name, sum]) => `${sum} as ${name}`).join(', ');
  const columns = [...GOLD_DIMENSIONS[table], ...measures.map(([name]) => name)].join(', ');
  const text = (of: string) =>
    `case when ${of}.orders is not null then (${measures.map(([name]) => `${of}.${name}`).join(', ')})::text end`;
  const differs = measures.map(([name]) => `gold.${name} is distinct from wanted.${name}`).join(' or ');
  return `with gold as (select ${columns} from public.${table}),
      wanted as (select ${dimensions}, ${wanted} from public.sales group by ${dimensions})
    select (${dimensions})::text as dimensions, ${text('gold')} as found, ${text('wanted')} as wanted
    from gold full join wanted using (${dimensions}) where ${differs} order by 1 limit ${NAMED}`;
}
