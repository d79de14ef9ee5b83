import { readFileSync, realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { SALES_COLUMNS } from './answer-key.js';
import { Differences } from './expect/differences.js';
import { type Queries, readBooks } from './expect/found-in-database.js';
import { compareGold, expectAnswer } from './expect-answer.js';
import { answerOf, type Expected, expectedOfFiles } from './oracle.js';

/**
 * Compares a database with what the oracle makes of the registered files, in the order of their registration:
 * row by row, so that a difference is named with its file and record. For small files.
 * @param directory what file names in messages are relative to
 * @throws Error with a readable list of differences
 */
export async function expectOracle(database: Queries, directory: string): Promise<Expected> {
  const root = realpathSync(directory);
  const books = await readBooks(database);
  const files = books.map(({ path }) => ({ file: relative(root, path).split(sep).join('/'), path }));
  const expected = expectedOfFiles(files.map(({ file, path }) => ({ file, bytes: readFileSync(path) })));
  const fileOf = new Map(books.map(({ source }, index) => [source, files[index].file]));
  const differences = new Differences();
  const place = (row: { file: string; record: number }) => `${row.file}, record ${row.record}`;
  differences.compareByKey('row', expected.rows, await readRows(database, fileOf), place);
  differences.compareByKey('duplicate', expected.duplicates, await readDuplicates(database, fileOf), place);
  differences.compareByKey('reject', expected.rejects, await readRejects(database, fileOf), place);
  await compareGold(database, expected.gold, differences);
  differences.throwIfAny();
  if (
    books.length === new Set(files.map(({ file }) => file)).size &&
    files.every(({ file }) => !file.startsWith('..'))
  ) {
    await expectAnswer(database, answerOf(expected), { directory: root });
  }
  return expected;
}

type Names = ReadonlyMap<number, string>;

async function readRows(database: Queries, fileOf: Names): Promise<Expected['rows']> {
  const odd: Partial<Record<string, string>> = {
    discount_percent: 'trim_scale(discount_percent)::text',
    sale_date: `to_char(sale_date, 'YYYY-MM-DD')`,
  };
  const columns = SALES_COLUMNS.map((name) => `${odd[name] ?? `${name}::text`} as ${name}`);
  const rows = await database.query<Expected['rows'][number] & { source: number }>(
    `select _source::int as source, _record::int as record, ${columns.join(', ')} from public.sales`,
  );
  return rows.map(({ source, ...row }) => ({ ...row, file: nameOf(source, fileOf) }));
}

async function readDuplicates(database: Queries, fileOf: Names): Promise<Expected['duplicates']> {
  const rows = await database.query<Expected['duplicates'][number] & { source: number; winner_source: number }>(
    `select source::int, record::int, key, winner_source::int, winner_record::int
       from millrace.duplicates_named where dataset = 'sales'`,
  );
  return rows.map(({ source, winner_source, ...row }) => ({
    ...row,
    file: nameOf(source, fileOf),
    winner_file: nameOf(winner_source, fileOf),
  }));
}

async function readRejects(database: Queries, fileOf: Names): Promise<Expected['rejects']> {
  const rows = await database.query<Expected['rejects'][number] & { source: number }>(
    `select source::int, record::int, "column", code from millrace.rejects where dataset = 'sales'`,
  );
  return rows.map(({ source, ...row }) => ({ ...row, file: nameOf(source, fileOf) }));
}

function nameOf(source: number, fileOf: Names): string {
  return fileOf.get(source) ?? `source ${source}`;
}
