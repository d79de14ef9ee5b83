import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { FileAnswer } from '../answer-key.js';
import { sortedByKey } from '../answer-key.js';
import { Differences } from '../expect/differences.js';
import type { Queries } from '../expect/found-in-database.js';
import { readAnswer } from './answer-file.js';
import { readDigests, readOrphans, readRows, readSums, readTableBooks } from './found-tables.js';
import type { GoldAnswer, ReadyMadeAnswer, TableAnswer } from './table-answer.js';

/**
 * Compares the eight tables with the answer key that stands in the directory: books of every file, reject codes, every row,
 * duplicate (and its winner) and reject by digest, sums, gold, top views, and references that lead nowhere.
 * The datasets must hold these files and no others. @throws Error with a readable list of differences
 */
export async function expectEcommerce(database: Queries, directory: string): Promise<ReadyMadeAnswer> {
  return expectReadyMade(database, directory);
}

/** As expectEcommerce, of the channel sales. */
export async function expectChannelSales(database: Queries, directory: string): Promise<ReadyMadeAnswer> {
  return expectReadyMade(database, directory);
}

async function expectReadyMade(database: Queries, directory: string): Promise<ReadyMadeAnswer> {
  const answer = readAnswer(directory);
  const differences = new Differences();
  const datasets = new Map(answer.tables.map((table) => [table.dataset, table]));
  for (const table of answer.tables) {
    await compareFiles(database, table, realpathSync(directory), differences);
    differences.compare(table.table, table.sums, await readSums(database, table));
    for (const gold of table.gold) await compareGroups(database, gold, differences);
    for (const view of table.top) await compareGroups(database, view, differences);
    for (const { columns, dataset, orphans } of table.references) {
      const found = await readOrphans(database, table.table, columns, datasets.get(dataset)!.table, KEYS[dataset]);
      differences.compare(`${table.table}(${columns.join(', ')})`, { orphans }, { orphans: found });
    }
  }
  differences.throwIfAny();
  return answer;
}

/** Keys of the tables that others refer to. */
const KEYS: Record<string, string[]> = {
  customers: ['customer_id'],
  products: ['product_id'],
  orders: ['order_id'],
};

async function compareFiles(database: Queries, answer: TableAnswer, directory: string, differences: Differences) {
  const books = await readTableBooks(database, answer.dataset);
  const digests = await readDigests(database, answer, `${directory}/`);
  const strangers = new Set(books);
  for (const file of answer.files) {
    const what = `${answer.dataset}: ${file.file}`;
    const book = books.find(({ path }) => path === join(directory, file.file));
    if (!book) {
      differences.add(`${what} is not in the books`);
      continue;
    }
    strangers.delete(book);
    const { rejected_by_code, ...counts } = book;
    differences.compare(what, expectedBook(file), { ...counts, rejected_by_code: sortedByKey(rejected_by_code) });
    for (const name of ['rows_digest', 'duplicates_digest', 'rejects_digest'] as const) {
      differences.compare(what, { [name]: file[name] }, { [name]: digests[name].get(book.source) ?? '0' });
    }
  }
  for (const { path } of strangers) differences.add(`${answer.dataset}: ${path} is not in the answer`);
}

function expectedBook({ rows_in, written, duplicates, rejected, skipped, rejected_by_code }: FileAnswer) {
  return { rows_in, written, duplicates, rejected, skipped, rejected_by_code, balanced: true, complete: true };
}

async function compareGroups(database: Queries, answer: GoldAnswer, differences: Differences): Promise<void> {
  const found = await readRows(database, answer);
  differences.compareByKey(answer.table, answer.rows, found, (row) =>
    answer.dimensions.map((name) => row[name]).join(', '),
  );
}
