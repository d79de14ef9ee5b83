import type { Failure } from '../failure.js';
import type { LiveNumbers } from '../live/numbers.js';
import type { DriftEvent } from '../run/read-drift.js';
import type { RejectPlace } from '../run/rejects.js';
import type { RunResult, SourceBooks } from '../run/result.js';
import type { RunOutcome } from '../run/run-once.js';
import type { Pace, ScanProgress } from './progress.js';

export interface Found {
  dataset: string;
  path: string;
  scan: number;
  files: number;
  size_bytes: number;
  /** Partial writes and what is no regular file. */
  ignored: number;
  /** Paths that lead out of the directory, as the ingestor recorded them. */
  refused: unknown;
}

export interface RejectReason {
  code: string;
  column: string | null;
  rows: number;
  example: RejectPlace & { value: string | null };
}

export interface GoldTable {
  table: string;
  groups: number;
  /** Its largest groups; numerics as text, so that they stay exact. */
  first: Record<string, string | number | null>[];
}

/** What a run shows, in the order in which it is called. */
export interface RunScreen {
  note(text: string): void;
  found(found: Found): void;
  progress(progress: ScanProgress, pace: Pace): void;
  /** Where a live flow stands, again and again. */
  live(numbers: LiveNumbers): void;
  books(books: SourceBooks[], result: RunResult): void;
  /** How the sources differed from their dataset. */
  drift(events: (DriftEvent & { files: number })[]): void;
  rejects(reasons: RejectReason[]): void;
  gold(tables: GoldTable[]): void;
  result(result: RunResult, exit_code: number, red: string[]): void;
  /** At the end of a run of several datasets. */
  summary(outcomes: RunOutcome[], exit_code: number): void;
  failed(failure: Failure, exit_code: number): void;
}
