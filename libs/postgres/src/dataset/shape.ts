import type { DatasetPlan, TopPlan } from '@millrace/dataset';
import { goldTable, storedType } from '../gold/gold-table.js';
import { typeName } from '../keys/key-columns.js';

/**
 * What of a plan is built in the database, kept with each registered version: a later one is compared with it.
 * Layouts are JSON: equal when nothing has to be done.
 */
export interface Shape {
  table: string;
  /** Key, keep and parts: what rows were placed and chosen by. */
  identity: string;
  /** Name and PostgreSQL's type. */
  columns: [string, string][];
  /** Name and expression of the columns that conditions of gold are kept in. */
  conditions: [string, string][];
  /** Table and layout. */
  gold: [string, string][];
  /** View and layout. */
  views: [string, string][];
}

export function shapeOf(plan: DatasetPlan): Shape {
  const { columns, keys, keep, parts } = plan;
  const typed = (index: number): [string, string] => [columns[index].name, typeName(columns[index].postgres_type)];
  const identified = (index: number) => [columns[index].name, identityType(columns[index].postgres_type)];
  const kept = keep.kind === 'max' ? [keep.kind, ...identified(keep.column)] : [keep.kind];
  return {
    table: plan.table,
    identity: JSON.stringify([keys.map(identified), kept, parts]),
    columns: columns.map(({ index }) => typed(index)),
    conditions: plan.gold.flatMap(({ where }): [string, string][] => {
      const condition = where === null ? null : columns[where];
      const { derive } = condition ?? {};
      return condition && derive?.function === 'expression' ? [[condition.name, derive.expression]] : [];
    }),
    gold: plan.gold.map((gold) => [gold.table, goldLayout(plan, gold)]),
    views: plan.top_n.map((top) => [top.view, topLayout(top)]),
  };
}

/** Numbers have one text and one order, whatever their type: a key may become a wider one. */
function identityType(postgres_type: string): string {
  return /^(integer|bigint|numeric)/.test(postgres_type) ? 'number' : typeName(postgres_type);
}

function goldLayout(plan: DatasetPlan, gold: DatasetPlan['gold'][number]): string {
  const { dimensions, stored, averages, where } = goldTable(plan, gold);
  const condition = where?.derive?.function === 'expression' ? where.derive.expression : (where?.name ?? null);
  return JSON.stringify([
    dimensions.map(({ name, postgres_type }) => [name, typeName(postgres_type)]),
    stored.map((measure) => [measure.name, measure.kind, measure.column?.name ?? null, storedType(measure).type]),
    averages.map(({ name, sum, count }) => [name, sum, count]),
    condition,
  ]);
}

const topLayout = ({ of, by, within, n }: TopPlan): string => JSON.stringify([of, by, within, n]);
