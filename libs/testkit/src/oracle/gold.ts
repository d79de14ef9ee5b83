import { GOLD_DIMENSIONS, GOLD_TABLES, type GoldRow, type GoldTable, type SalesGold, sortGold } from '../answer-key.js';
import { decimalText, divideRounded } from '../exact-sum.js';
import type { Sale } from './clean-sale.js';

/** The gold tables of a list of rows, added up one by one. */
export function goldOf(sales: readonly Sale[]): SalesGold {
  const tables = GOLD_TABLES.map((table) => [table, groupBy(table, sales)]);
  return Object.fromEntries(tables) as SalesGold;
}

function groupBy(table: GoldTable, sales: readonly Sale[]): GoldRow[] {
  const dimensions = GOLD_DIMENSIONS[table];
  const groups = new Map<string, Sale[]>();
  for (const sale of sales) {
    const key = JSON.stringify(dimensions.map((name) => sale[name]));
    const group = groups.get(key);
    if (group) group.push(sale);
    else groups.set(key, [sale]);
  }
  const rows = [...groups.values()].map((group) => ({
    ...Object.fromEntries(dimensions.map((name) => [name, group[0][name]])),
    ...measuresOf(table, group),
  }));
  return sortGold(table, rows);
}

function measuresOf(table: GoldTable, group: readonly Sale[]): GoldRow {
  const sum = (column: 'quantity' | 'revenue' | 'unit_price') =>
    group.reduce((total, sale) => total + BigInt(sale[column].replace('.', '')), 0n);
  const measures = {
    orders: String(group.length),
    quantity: sum('quantity').toString(),
    revenue: decimalText(sum('revenue'), 2),
  };
  if (table !== 'sales_by_product') return measures;
  return {
    ...measures,
    unit_price_sum: decimalText(sum('unit_price'), 4),
    average_price: decimalText(divideRounded(sum('unit_price'), BigInt(group.length)), 4),
  };
}
