import { checkExpression, type ExpressionColumn } from '@millrace/expression';
import { KEY_BYTES } from './bounds.js';
import { checkColumn } from './check-column.js';
import { checkDerive } from './check-derive.js';
import { checkGold, checkTop } from './check-gold.js';
import { typeColumns } from './derived-types.js';
import type { Fault } from './fault.js';
import { type DatasetConfig, keyColumns } from './schema.js';

/** Text columns in a key: with these all keys fit PostgreSQL's index, which takes 2704 bytes. */
const KEY_TEXTS = 4;

/** Contradictions in a config that has the right shape. */
export function checkConfig(config: DatasetConfig): Fault[] {
  const faults = [
    ...checkNames(config),
    ...checkKey(config),
    ...checkKeep(config),
    ...config.columns.flatMap((column, index) => checkColumn(column, ['columns', index])),
    ...checkTop(config),
    ...checkReferences(config),
  ];
  if (faults.length > 0) return faults;
  // What is derived is worked out from the columns, which must make sense first.
  const derived = config.columns.flatMap((column, index) =>
    column.derive ? checkDerive(column, config, index, ['columns', index]) : [],
  );
  if (derived.length > 0) return derived;
  const typed = typeColumns(config.columns);
  const nullable = new Map(typed.map((column) => [column.name, column.nullable]));
  return config.gold.flatMap((gold, index) => [
    ...checkGold(gold, config, ['gold', index], ({ name }) => nullable.get(name) ?? true),
    ...checkWhere(gold.where, typed, ['gold', index, 'where']),
  ]);
}

function checkNames(config: DatasetConfig): Fault[] {
  const faults: Fault[] = [];
  const columns = new Set<string>();
  config.columns.forEach(({ name }, index) => {
    if (columns.has(name)) faults.push({ path: ['columns', index, 'name'], message: `second column named ${name}` });
    columns.add(name);
  });
  const tables = new Set([config.table]);
  const claim = (table: string, path: PropertyKey[]) => {
    if (tables.has(table)) faults.push({ path, message: `second table named ${table}` });
    tables.add(table);
  };
  config.gold.forEach(({ table }, index) => {
    claim(table, ['gold', index, 'table']);
  });
  config.top_n.forEach(({ view }, index) => {
    claim(view, ['top_n', index, 'view']);
  });
  return faults;
}

function checkKey(config: DatasetConfig): Fault[] {
  const names = keyColumns(config);
  const isList = typeof config.key !== 'string';
  const faults = names.flatMap((name, at): Fault[] => {
    const path = isList ? ['key', at] : ['key'];
    if (names.indexOf(name) !== at) return [{ path, message: `${name} stands here twice` }];
    const index = config.columns.findIndex((column) => column.name === name);
    if (index < 0) return [{ path, message: `no column is named ${name}` }];
    const key = config.columns[index];
    const of = (field: string, message: string) => [{ path: ['columns', index, field], message }];
    if (key.type === 'json') return of('type', 'a key cannot be json');
    if (key.derive) return of('derive', 'the key must be read from the source');
    if (key.dimension && !isList) return of('dimension', 'the key is no dimension: remove it');
    if ((key.max_bytes ?? 0) > KEY_BYTES) return of('max_bytes', `a key has at most ${KEY_BYTES} bytes`);
    if (!key.required) return [{ path: ['columns', index], message: 'the key must say required: true' }];
    if (key.on_invalid === 'null') return of('on_invalid', 'a key is never NULL: write reject');
    return [];
  });
  const texts = names.filter((name) => config.columns.find((column) => column.name === name)?.type === 'text');
  if (texts.length > KEY_TEXTS) faults.push({ path: ['key'], message: `a key has at most ${KEY_TEXTS} text columns` });
  return faults;
}

function checkKeep(config: DatasetConfig): Fault[] {
  if (keyColumns(config).length === 0 && config.keep !== 'first') {
    return [{ path: ['keep'], message: 'without a key every row is kept: remove it' }];
  }
  const name = keepColumn(config.keep);
  if (name === null) return [];
  const column = config.columns.find((other) => other.name === name);
  if (!column) return [{ path: ['keep'], message: `no column is named ${name}` }];
  if (['json', 'boolean', 'email'].includes(column.type) || column.dimension) {
    return [{ path: ['keep'], message: `max takes a number, date, timestamp or text column, ${name} is none` }];
  }
  return [];
}

/** The column of `max(column)`; null for first and last. */
export function keepColumn(keep: string): string | null {
  return keep.startsWith('max(') ? keep.slice(4, -1) : null;
}

function checkReferences(config: DatasetConfig): Fault[] {
  return config.references.flatMap(({ columns }, index) =>
    columns.flatMap((name, at) =>
      config.columns.some((column) => column.name === name)
        ? []
        : [{ path: ['references', index, 'columns', at], message: `no column is named ${name}` }],
    ),
  );
}

function checkWhere(where: string | undefined, columns: ExpressionColumn[], path: PropertyKey[]): Fault[] {
  if (where === undefined) return [];
  const { type, faults } = checkExpression(where, columns);
  if (faults.length > 0)
    return faults.map(({ at, message }) => ({ path, message: `at character ${at + 1}: ${message}` }));
  return type.kind === 'boolean' ? [] : [{ path, message: `write a condition, this gives ${type.kind}` }];
}
