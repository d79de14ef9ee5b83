import { setTimeout as sleep } from 'node:timers/promises';
import { type AnswerKey, sortedByKey, totalOf } from './answer-key.js';
import { Differences } from './expect/differences.js';
import type { Queries } from './expect/found-in-database.js';
import { compareGold } from './expect-answer.js';
import { compareLiveRows } from './live/compare-rows.js';
import { addGold, type LiveAnswer } from './live/live-answer.js';
import { type BookTotals, type LiveTotals, NO_TOTALS, readLiveTotals, since } from './live/live-totals.js';
import { compareRecomputedGold } from './live/recomputed-gold.js';

export interface ExpectLiveOptions {
  /** Files that came as they are, beside those of live answers. Their keys must not meet those of the answers. */
  files?: readonly AnswerKey[];
  /** What the database held before; without it, the answers are all that may be there. */
  before?: LiveTotals;
}

/**
 * Compares a database with the answers of live producers: the totals of the books of all inboxes and of all files, rejects
 * by code, every row by its key (by digest; rows that differ are named), and gold: with what its rows add up to, and
 * with the answers where nothing was there before. Memory does not grow with the rows.
 * @throws Error with a readable list of differences
 */
export async function expectLiveAnswer(
  database: Queries,
  answers: readonly LiveAnswer[],
  { files = [], before }: ExpectLiveOptions = {},
): Promise<void> {
  const differences = new Differences();
  const now = await readLiveTotals(database);
  const wanted = wantedTotals(answers, files);
  const found = since(before ?? NO_TOTALS, now);
  differences.compare('books of the inbox', wanted.inbox, found.inbox);
  differences.compare('books of the files', wanted.file, found.file);
  differences.compare(
    'rejects by code',
    { rows: wanted.rejected_by_code },
    { rows: sortedByKey(found.rejected_by_code) },
  );
  for (const path of now.unbalanced) differences.add(`${path}: its books do not balance`);
  for (const path of now.incomplete) differences.add(`${path}: not everything of it is resolved`);
  for (const answer of answers) await compareLiveRows(database, answer, differences);
  await compareRecomputedGold(database, differences);
  if (!before) await compareGold(database, addGold([...answers, ...files].map(({ gold }) => gold)), differences);
  differences.throwIfAny();
}

/** Resolves once as many rows are in the books as the answers have and all are resolved, or at the deadline. */
export async function untilLive(
  database: () => Promise<LiveTotals>,
  answers: readonly LiveAnswer[],
  { files = [], before, timeout_ms, poll_ms = 200 }: ExpectLiveOptions & { timeout_ms: number; poll_ms?: number },
): Promise<boolean> {
  const wanted = wantedTotals(answers, files);
  const deadline = Date.now() + timeout_ms;
  for (;;) {
    const totals = await database();
    const { inbox, file, incomplete } = since(before ?? NO_TOTALS, totals);
    if (inbox.rows_in >= wanted.inbox.rows_in && file.rows_in >= wanted.file.rows_in && incomplete.length === 0) {
      return true;
    }
    if (Date.now() > deadline) return false;
    await sleep(poll_ms);
  }
}

function wantedTotals(answers: readonly LiveAnswer[], files: readonly AnswerKey[]) {
  const counts = (list: readonly LiveAnswer[]) => totalOf(list.map((answer) => ({ ...answer, skipped: 0 })));
  const inbox = counts(answers.filter(({ via }) => via === 'inbox'));
  const file = totalOf([counts(answers.filter(({ via }) => via === 'file')), ...files.map(({ totals }) => totals)]);
  const { rejected_by_code } = totalOf([inbox, file]);
  return { inbox: bookOf(inbox), file: bookOf(file), rejected_by_code };
}

function bookOf({ rows_in, written, duplicates, rejected }: BookTotals): BookTotals {
  return { rows_in, written, duplicates, rejected };
}
