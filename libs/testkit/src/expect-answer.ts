import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type AnswerKey, type FileAnswer, GOLD_DIMENSIONS, GOLD_TABLES, type SalesGold } from './answer-key.js';
import { Differences } from './expect/differences.js';
import {
  type Book,
  comparableGold,
  type Queries,
  readBooks,
  readDigests,
  readGold,
  readRejectCodes,
  readRowsDigest,
} from './expect/found-in-database.js';

export interface ExpectAnswerOptions {
  /** Where the files of the key lie. Without it each file is found by the end of its path. */
  directory?: string;
}

/**
 * Compares a database with an answer key: books, reject codes, every row, duplicate (and its winner) and reject by digest,
 * and gold. The database must hold these sales files and no others.
 * @throws Error with a readable list of differences
 */
export async function expectAnswer(
  database: Queries,
  key: AnswerKey,
  options: ExpectAnswerOptions = {},
): Promise<void> {
  const differences = new Differences();
  const directory =
    options.directory && (existsSync(options.directory) ? realpathSync(options.directory) : options.directory);
  await compareFiles(database, key, directory, differences);
  await compareGold(database, key.gold, differences);
  differences.throwIfAny();
}

async function compareFiles(
  database: Queries,
  key: AnswerKey,
  directory: string | undefined,
  differences: Differences,
): Promise<void> {
  const books = await readBooks(database);
  const codes = await readRejectCodes(database);
  const matched = new Map(key.files.map((file) => [file, books.filter((book) => isBookOf(book, file, directory))]));
  const digests = await readDigests(database, rootOf(matched));
  const strangers = new Set(books);
  for (const [file, found] of matched) {
    for (const book of found) strangers.delete(book);
    if (found.length !== 1) differences.add(`${file.file}: ${found.length} sources in the books, must be 1`);
    if (found.length === 0) continue;
    const { rows_in, written, duplicates, rejected, skipped, rejected_by_code } = file;
    const [book] = found;
    const { source } = book;
    differences.compare(
      file.file,
      { rows_in, written, duplicates, rejected, skipped, rejected_by_code, balanced: true, complete: true },
      { ...book, rejected_by_code: codes.get(source) ?? {} },
    );
    for (const name of ['rows_digest', 'duplicates_digest', 'rejects_digest'] as const) {
      differences.compare(file.file, { [name]: file[name] }, { [name]: digests[name].get(source)?.digest ?? '0' });
    }
  }
  for (const { path, rows_in } of strangers) differences.add(`${path}: not in the key, has ${rows_in} rows`);
  const rows = [...digests.rows_digest.values()].reduce((sum, { count }) => sum + count, 0);
  differences.compare('public.sales', { rows: key.totals.written }, { rows });
}

function isBookOf({ path }: Book, { file }: FileAnswer, directory: string | undefined): boolean {
  return directory === undefined ? path.endsWith(`/${file}`) : path === join(directory, file);
}

/** What stands before the key's file names in the paths of the books, `/` included. */
function rootOf(matched: ReadonlyMap<FileAnswer, Book[]>): string {
  for (const [{ file }, [book]] of matched) if (book) return book.path.slice(0, -file.length);
  return '/';
}

/**
 * Compares the rows of public.sales (by digest) and the gold tables only: for a loader that keeps no books.
 * @param files name of each source, source 1 first
 * @throws Error with a readable list of differences
 */
export async function expectTables(database: Queries, key: AnswerKey, files: readonly string[]): Promise<void> {
  const differences = new Differences();
  const digests = await readRowsDigest(database);
  for (const { file, written, rows_digest } of key.files) {
    const { count = 0, digest = '0' } = digests.get(files.indexOf(file) + 1) ?? {};
    differences.compare(file, { written, rows_digest }, { written: count, rows_digest: digest });
  }
  await compareGold(database, key.gold, differences);
  differences.throwIfAny();
}

/** Compares all three gold tables, group by group; measures by value, however many zeros they end with. */
export async function compareGold(database: Queries, gold: SalesGold, differences: Differences): Promise<void> {
  const found = await readGold(database);
  for (const table of GOLD_TABLES) {
    differences.compareByKey(
      table,
      gold[table].map((row) => comparableGold(table, row)),
      found[table].map((row) => comparableGold(table, row)),
      (row) => GOLD_DIMENSIONS[table].map((name) => row[name]).join(', '),
    );
  }
}
