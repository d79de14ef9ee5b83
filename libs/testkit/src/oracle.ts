import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AnswerKey,
  type Counts,
  type FileAnswer,
  noCounts,
  SALES_COLUMNS,
  type SalesGold,
  SOURCE_COLUMNS,
  sortedByKey,
  totalOf,
} from './answer-key.js';
import { duplicateLine, LineDigest, NULL_TEXT, rejectLine, rowLine } from './digest.js';
import { cleanSale, type Rejection, type Sale, trimmed } from './oracle/clean-sale.js';
import { goldOf } from './oracle/gold.js';
import { type RawRecord, readCsv } from './oracle/read-csv.js';
import { listSalesFiles } from './oracle/source-order.js';

/** A file as the oracle takes it: `file` is the name under which results speak of it. */
export interface SalesFile {
  file: string;
  bytes: Buffer;
}

export interface ExpectedRow extends Sale {
  file: string;
  record: number;
}

export interface ExpectedDuplicate {
  file: string;
  record: number;
  key: string;
  winner_file: string;
  winner_record: number;
}

export interface ExpectedReject extends Rejection {
  file: string;
  record: number;
}

/** Everything that must be in the database, in source order. */
export interface Expected {
  rows: ExpectedRow[];
  duplicates: ExpectedDuplicate[];
  rejects: ExpectedReject[];
  books: (Counts & { file: string; size_bytes: number })[];
  gold: SalesGold;
}

/**
 * The independent oracle: what Millrace must make of a directory of sales files, by the plainest code that can say it.
 * It holds everything in memory: for directories of some hundred thousand records at most.
 */
export function expectedOf(directory: string): Expected {
  return expectedOfFiles(
    listSalesFiles(directory).map((file) => ({ file, bytes: readFileSync(join(directory, file)) })),
  );
}

/** @param files in the order in which they were registered: the first of two equal order ids wins */
export function expectedOfFiles(files: readonly SalesFile[]): Expected {
  const expected: Expected = { rows: [], duplicates: [], rejects: [], books: [], gold: goldOf([]) };
  const winners = new Map<string, ExpectedRow>();
  for (const { file, bytes } of files) {
    const { header, records, skipped } = readCsv(bytes);
    const book = { file, size_bytes: bytes.length, ...noCounts(), rows_in: records.length, skipped };
    for (const raw of records) {
      const sale = judge(header, raw);
      const { record } = raw;
      if ('code' in sale) {
        expected.rejects.push({ file, record, ...sale });
        book.rejected += 1;
        book.rejected_by_code[sale.code] = (book.rejected_by_code[sale.code] ?? 0) + 1;
        continue;
      }
      const winner = winners.get(sale.order_id);
      if (winner) {
        const { file: winner_file, record: winner_record } = winner;
        expected.duplicates.push({ file, record, key: sale.order_id, winner_file, winner_record });
        book.duplicates += 1;
      } else {
        const row = { file, record, ...sale };
        winners.set(sale.order_id, row);
        expected.rows.push(row);
        book.written += 1;
      }
    }
    expected.books.push({ ...book, rejected_by_code: sortedByKey(book.rejected_by_code) });
  }
  expected.gold = goldOf(expected.rows);
  return expected;
}

/** What fails as a whole is judged before what fails in a column. */
function judge(header: readonly string[], raw: RawRecord): Sale | Rejection {
  if (raw.flaw) return { column: null, code: raw.flaw };
  if (raw.fields.length !== header.length) return { column: null, code: 'ragged_row' };
  const value = (column: string) => raw.fields[placeOf(column, header)] ?? '';
  return cleanSale(new Map(SOURCE_COLUMNS.map((column) => [column, value(column)])));
}

/** The first column of exactly that name, else the first that differs in case only; -1 when the file lacks it. */
function placeOf(column: string, header: readonly string[]): number {
  const names = header.map(trimmed);
  const exact = names.indexOf(column);
  return exact >= 0 ? exact : names.findIndex((name) => name.toLowerCase() === column);
}

/** The oracle's result in the form of the generator's answer key. */
export function answerOf(expected: Expected): AnswerKey {
  const files = expected.books.map((book): FileAnswer => {
    const rows = new LineDigest();
    const duplicates = new LineDigest();
    const rejects = new LineDigest();
    const within = <T extends { file: string }>(list: readonly T[]) => list.filter(({ file }) => file === book.file);
    for (const row of within(expected.rows)) {
      const fields = SALES_COLUMNS.map((column) => row[column] ?? NULL_TEXT);
      rows.add(row.record, rowLine(fields, row.record));
    }
    for (const { record, key, winner_file, winner_record } of within(expected.duplicates)) {
      duplicates.add(record, duplicateLine(record, key, winner_file, winner_record));
    }
    for (const { record, column, code } of within(expected.rejects))
      rejects.add(record, rejectLine(record, column, code));
    return {
      ...book,
      rows_digest: rows.finish(),
      duplicates_digest: duplicates.finish(),
      rejects_digest: rejects.finish(),
    };
  });
  return { dataset: 'sales', totals: totalOf(files), files, gold: expected.gold };
}
