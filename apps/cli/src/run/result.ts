import type { BookRow } from '@millrace/postgres';

/** The books of one source, as `millrace.books` gives them. */
export type SourceBooks = Omit<BookRow, 'dataset'>;

/** What a run ended with: the last JSON line, without the event's name and the exit code. */
export interface RunResult {
  rows_in: number;
  written: number;
  duplicates: number;
  rejected: number;
  /** Rows of messages that were set aside: never part of balanced books. */
  failed: number;
  balanced: boolean;
  complete: boolean;
  heals: number;
  set_aside: number;
  seconds: number;
  /** How the files were read, by the memory that they would take: see `millrace plan`. */
  mode?: string;
  /** The highest resident memory of a process of each service, as far as the system tells. */
  peak_rss_bytes?: Record<string, number>;
}

export type ExitCode = 0 | 1 | 2;

/** Sums the books of all sources of a run; a run without sources is balanced. */
export function totalBooks(
  books: SourceBooks[],
): Omit<RunResult, 'heals' | 'set_aside' | 'seconds' | 'mode' | 'peak_rss_bytes'> {
  const total = { rows_in: 0, written: 0, duplicates: 0, rejected: 0, failed: 0, balanced: true, complete: true };
  for (const source of books) {
    total.rows_in += source.rows_in;
    total.written += source.written;
    total.duplicates += source.duplicates;
    total.rejected += source.rejected;
    total.failed += source.failed;
    total.balanced &&= source.balanced;
    total.complete &&= source.complete;
  }
  return total;
}

/** Why the books are red, one short phrase a reason; empty when they are not. */
export function redReasons(result: RunResult, books: SourceBooks[]): string[] {
  const reasons: string[] = [];
  for (const state of ['changed', 'vanished', 'failed']) {
    const files = books.filter((source) => source.state === state);
    if (files.length > 0) reasons.push(`${state}: ${files.map((source) => source.path).join(', ')}`);
  }
  if (result.failed > 0) reasons.push(`${result.failed} rows in messages that were set aside`);
  if (result.set_aside > 0) reasons.push(`${result.set_aside} messages set aside`);
  if (!result.complete) reasons.push('not every chunk is resolved');
  if (!result.balanced && reasons.length === 0) reasons.push('rows in do not equal written + duplicates + rejected');
  return reasons;
}

/** 0 clean, 2 more rejects than the dataset's share allows, 1 red books. */
export function exitCodeOf(result: RunResult, books: SourceBooks[], reject_threshold: number): ExitCode {
  if (!result.balanced || redReasons(result, books).length > 0) return 1;
  return result.rejected > reject_threshold * result.rows_in ? 2 : 0;
}
