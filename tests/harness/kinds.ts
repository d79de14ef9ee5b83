import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { dice } from '../integrity/apply-chunks.js';
import { type KindRow, kindRows } from './kind-rows.js';

/** A kind of dataset: what its files are like, and which of its rows are kept. */
export interface Kind {
  name: string;
  key: (keyof KindRow)[];
  keep: 'first' | 'last' | 'max(changed_at)' | 'max(amount)';
  /** `source` of its config. */
  source: object;
  /** Names of its files end so. */
  ending: string;
  /** @param isLast whether it is the last file that comes */
  write(rows: KindRow[], isLast: boolean): Buffer;
  /** Added to the config of the column `amount`. */
  amount?: object;
  rejects_outliers?: boolean;
}

export interface KindFile {
  name: string;
  rows: KindRow[];
}

/** A kind with files in two directories, of which the second comes later. */
export interface KindData {
  kind: Kind;
  directories: [string, string];
  /** In the order in which they are registered. */
  files: KindFile[];
}

const FIELDS = ['id', 'day', 'number', 'code', 'changed_at', 'amount', 'region', 'note'] as const;
const ROW_GROUP = 350;

export const KINDS: Kind[] = [
  { name: 'k_first', key: ['id'], keep: 'first', source: {}, ending: 'csv', write: (rows) => utf8(csv(rows, ',')) },
  {
    // The last file has a column that the config does not know.
    name: 'k_composite',
    key: ['day', 'number', 'code'],
    keep: 'last',
    source: { drift: 'evolve' },
    ending: 'csv',
    write: (rows, isLast) => utf8(csv(rows, ',', isLast ? ['weight'] : [])),
  },
  {
    name: 'k_highest',
    key: ['id'],
    keep: 'max(changed_at)',
    source: {},
    ending: 'csv',
    write: (rows) => utf8(csv(rows, ',')),
  },
  { name: 'k_keyless', key: [], keep: 'first', source: {}, ending: 'csv', write: (rows) => utf8(csv(rows, ',')) },
  {
    name: 'k_lines',
    key: ['number', 'code'],
    keep: 'last',
    source: { pattern: '*.jsonl', extra_columns: 'keep', drift: 'ignore' },
    ending: 'jsonl',
    write: (rows) => utf8(rows.map((row, at) => `${json(row, { tags: ['x', at], at })}\n`).join('')),
  },
  {
    name: 'k_array',
    key: ['id'],
    keep: 'first',
    source: { pattern: '*.json' },
    ending: 'json',
    write: (rows) => utf8(`[\n${rows.map((row) => json(row)).join(',\n')}\n]\n`),
    amount: { outliers: { method: 'iqr', factor: 1.5 } },
    rejects_outliers: true,
  },
  {
    name: 'k_parquet',
    key: ['id', 'code'],
    keep: 'max(amount)',
    source: { pattern: '*.parquet' },
    ending: 'parquet',
    write: (rows) => parquet(rows),
  },
  {
    // As a spreadsheet in Western Europe writes it; the dialect is detected.
    name: 'k_windows',
    key: ['id'],
    keep: 'first',
    source: {},
    ending: 'csv.gz',
    write: (rows) => gzipSync(windows(csv(rows, ';').replaceAll(/;(-?\d+)\.(\d\d);/g, ';$1,$2;'))),
    amount: { number: { decimal: ',' } },
  },
];

/** Writes each kind's config into `configs`, and its files into directories of its own below `base`: the same ones every time. */
export function makeKinds(base: string, configs: string, { rows = 1000, entities = 900 } = {}): KindData[] {
  mkdirSync(configs, { recursive: true });
  return KINDS.map((kind, index) => {
    writeFileSync(join(configs, `${kind.name}.yaml`), JSON.stringify(configOf(kind), null, 2));
    const roll = dice(index + 1);
    const directories: [string, string] = [join(base, kind.name, '1'), join(base, kind.name, '2')];
    const files = [1, 2, 3, 4].map((number): KindFile => {
      const name = `part_${number}.${kind.ending}`;
      const content = kindRows(rows, entities, roll);
      const directory = directories[number <= 2 ? 0 : 1];
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, name), kind.write(content, number === 4));
      return { name, rows: content };
    });
    return { kind, directories, files };
  });
}

function configOf({ name, key, keep, source, amount = {} }: Kind): object {
  const measures = {
    n: 'count',
    total: 'sum(amount)',
    mean: 'avg(amount)',
    lowest: 'min(amount)',
    highest: 'max(amount)',
    since: 'min(changed_at)',
  };
  return {
    name,
    source: { pattern: '*.csv', ...source },
    table: name,
    key: key.length === 0 ? 'none' : key,
    keep,
    parts: 2,
    columns: [
      { name: 'id', type: 'text', required: true, max_bytes: 40 },
      { name: 'day', type: 'date', required: true },
      { name: 'number', type: 'integer', required: true, min: -1000 },
      { name: 'code', type: 'text', required: true },
      { name: 'changed_at', type: 'timestamp' },
      { name: 'amount', type: 'decimal', precision: 12, scale: 2, required: true, ...amount },
      { name: 'region', type: 'text', required: true, dimension: true },
      { name: 'note', type: 'text' },
    ],
    gold: [
      { table: `${name}_regions`, dimensions: ['region'], measures },
      { table: `${name}_days`, dimensions: ['region', 'day'], where: 'amount > 0', measures },
    ],
    top_n: [{ view: `${name}_best`, of: `${name}_days`, by: 'total', within: ['region'], n: 3 }],
  };
}

function utf8(text: string): Buffer {
  return Buffer.from(text);
}

function windows(text: string): Buffer {
  return Buffer.from(text.replaceAll('€', '\x80'), 'latin1');
}

function csv(rows: KindRow[], delimiter: string, extra: string[] = []): string {
  const cell = (text: string) => (/[",;\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const records = rows.map((row, at) => [
    ...FIELDS.map((field) => cell(String(written(row)[field] ?? ''))),
    ...extra.map(() => String(at % 7)),
  ]);
  return [[...FIELDS, ...extra], ...records].map((record) => `${record.join(delimiter)}\n`).join('');
}

function json(row: KindRow, extra: object = {}): string {
  return JSON.stringify({ ...written(row), ...extra });
}

function written(row: KindRow): Record<(typeof FIELDS)[number], string | number | null> {
  return { ...row, amount: row.amount ?? 'many' };
}

function parquet(rows: KindRow[]): Buffer {
  const text = (field: 'id' | 'code' | 'region' | 'note') => ({
    name: field,
    type: 'STRING' as const,
    data: rows.map((row) => row[field]),
  });
  const time = (name: string, data: (string | null)[]) => ({
    name,
    type: 'TIMESTAMP' as const,
    data: data.map((value) => value && new Date(value)),
  });
  const columnData = [
    text('id'),
    { name: 'day', type: 'STRING' as const, data: rows.map(({ day }) => day) },
    { name: 'number', type: 'INT32' as const, data: rows.map(({ number }) => number) },
    text('code'),
    time(
      'changed_at',
      rows.map(({ changed_at }) => changed_at),
    ),
    { name: 'amount', type: 'STRING' as const, data: rows.map(({ amount }) => amount) },
    text('region'),
    text('note'),
  ];
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: ROW_GROUP }));
}
