import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { MillraceError, PLAIN_DIALECT } from '@millrace/contracts';
import { headerOf, readRows } from '@millrace/csv';
import { type Database, quote } from '@millrace/postgres';
import { csvRecord } from '../output-csv.js';
import type { BehaviourCase } from './find-cases.js';

/** One file of a case's `expected/`, and what it is compared with. */
interface Expectation {
  /** Relative to `expected/`. */
  file: string;
  /** All columns that it may name, as SQL. */
  columns: Map<string, string>;
  /** What `--update` writes. */
  default_columns: string[];
  from: string;
  parameters: unknown[];
}

export interface Difference {
  file: string;
  missing: string[];
  unexpected: string[];
}

/** Lines of a difference that are shown. */
const SHOWN = 5;

/** Compares what PostgreSQL holds with the case's files, as sets of lines. @throws MillraceError CONFIG_INVALID when it has none */
export async function compareCase(
  db: Database,
  behaviour: BehaviourCase,
): Promise<{ files: number; differences: Difference[] }> {
  const differences: Difference[] = [];
  let files = 0;
  for (const expectation of await expectationsOf(db, behaviour)) {
    const file = join(behaviour.directory, 'expected', expectation.file);
    if (!existsSync(file)) continue;
    files++;
    const { names, lines } = readExpected(file);
    const difference = compareLines(expectation.file, lines, await readActual(db, expectation, names, file));
    if (difference) differences.push(difference);
  }
  if (files === 0) {
    const message = 'the case has no expected/rows.csv, rejects.csv or gold/*.csv: --update writes them';
    throw new MillraceError('CONFIG_INVALID', message, { place: { file: behaviour.directory } });
  }
  return { files, differences };
}

/** Writes what there is as what is expected. @returns the files */
export async function updateCase(db: Database, behaviour: BehaviourCase): Promise<string[]> {
  const directory = join(behaviour.directory, 'expected');
  rmSync(directory, { recursive: true, force: true });
  const written: string[] = [];
  for (const expectation of await expectationsOf(db, behaviour)) {
    const names = expectation.default_columns;
    const lines = await readActual(db, expectation, names, expectation.file);
    if (lines.length === 0 && expectation.file === 'duplicates.csv') continue;
    const file = join(directory, expectation.file);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, [csvRecord(names), ...lines].join(''));
    written.push(relative(behaviour.directory, file));
  }
  return written;
}

const FILE = "regexp_replace(s.path, '^.*/', '')";

async function expectationsOf(db: Database, { plan, tables }: BehaviourCase): Promise<Expectation[]> {
  const own = await columnsOf(db, plan.table);
  return [
    ...tables.map(({ name, as, kind }): Expectation => {
      const isRows = kind === 'rows';
      const columns = isRows ? own : goldColumns(plan, as);
      const place: [string, string][] = isRows
        ? [
            ['_file', FILE],
            ['_record', 't._record'],
            ['_version', 't._version'],
          ]
        : [];
      return {
        file: isRows ? 'rows.csv' : join('gold', `${name}.csv`),
        columns: new Map([...columns.map((column): [string, string] => [column, `t.${quote(column)}`]), ...place]),
        default_columns: isRows ? [...columns, '_file', '_record'] : columns,
        from: `public.${quote(as)} t${isRows ? ' left join millrace.sources s on s.id = t._source' : ''}`,
        parameters: [],
      };
    }),
    {
      file: 'rejects.csv',
      columns: new Map([
        ['file', FILE],
        ['record', 'r.record'],
        ['reason', 'r.code'],
        ['column', 'r."column"'],
        ['value', 'r.value'],
        ['raw', "encode(r.raw, 'escape')"],
      ]),
      default_columns: ['file', 'record', 'reason', 'column', 'value'],
      from: 'millrace.rejects r join millrace.sources s on s.id = r.source where r.dataset = $1',
      parameters: [plan.name],
    },
    {
      file: 'duplicates.csv',
      columns: new Map([
        ['file', FILE],
        ['record', 'd.record'],
        ['key', 'd.key'],
        ['winner_record', 'd.winner_record'],
      ]),
      default_columns: ['file', 'record', 'key', 'winner_record'],
      from: 'millrace.duplicates_named d join millrace.sources s on s.id = d.source where d.dataset = $1',
      parameters: [plan.name],
    },
  ];
}

/** As the table has them: with columns that were found in sources, and without those that gold's filters need. */
async function columnsOf(db: Database, table: string): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
       and attname <> all (array['_source', '_record', '_version']) and attname !~ '^_where_[0-9]+$' order by attnum`,
    [`public.${quote(table)}`],
  );
  return rows.map(({ name }) => name);
}

function goldColumns(plan: BehaviourCase['plan'], as: string): string[] {
  const top = plan.top_n.find(({ view }) => view === as);
  const gold = plan.gold.find(({ table }) => table === (top?.of ?? as));
  if (!gold) return [];
  const names = [...gold.dimensions.map((index) => plan.columns[index].name), ...gold.measures.map(({ name }) => name)];
  return top ? [...names, 'rank'] : names;
}

function readExpected(file: string): { names: string[]; lines: string[] } {
  const text = readFileSync(file);
  const { names } = headerOf(text, PLAIN_DIALECT);
  if (!names) throw new MillraceError('CONFIG_INVALID', 'the file has no header', { place: { file } });
  const lines = [...readRows(text, PLAIN_DIALECT, { trim: false, tables: false })].map(({ fields }) =>
    csvRecord(fields),
  );
  return { names, lines };
}

async function readActual(
  db: Database,
  { columns, from, parameters }: Expectation,
  names: string[],
  file: string,
): Promise<string[]> {
  const selected = names.map((name, index) => {
    const sql = columns.get(name);
    if (sql === undefined) {
      throw new MillraceError(
        'CONFIG_INVALID',
        `no column ${name} there; there are ${[...columns.keys()].join(', ')}`,
        { place: { file } },
      );
    }
    return `coalesce((${sql})::text, '') as "c${index}"`;
  });
  const rows = await db.query<Record<string, string>>(`select ${selected.join(', ')} from ${from}`, parameters);
  return rows.map((row) => csvRecord(names.map((_, index) => row[`c${index}`]))).sort();
}

function compareLines(file: string, expected: string[], actual: string[]): Difference | undefined {
  const left = new Map<string, number>();
  for (const line of actual) left.set(line, (left.get(line) ?? 0) + 1);
  const missing: string[] = [];
  for (const line of expected) {
    const count = left.get(line) ?? 0;
    if (count === 0) missing.push(line);
    else left.set(line, count - 1);
  }
  const unexpected = [...left].flatMap(([line, count]) => Array.from({ length: count }, () => line));
  if (missing.length + unexpected.length === 0) return undefined;
  return { file, missing: missing.slice(0, SHOWN), unexpected: unexpected.slice(0, SHOWN) };
}
