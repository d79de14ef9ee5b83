import { formatBytes, formatCount, formatSeconds } from './format.js';

/** Where a scan stands. Rows count as done when they are written, duplicates, rejected or failed. */
export interface ScanProgress {
  size_bytes: number;
  cut_bytes: number;
  cut_rows: number;
  written: number;
  duplicates: number;
  rejected: number;
  failed: number;
}

export interface Pace {
  /** Over the last seconds. */
  rows_per_second: number;
  /** Bytes whose rows are done, in proportion to rows. */
  done_bytes: number;
  /** Null while it cannot be told. */
  eta_seconds: number | null;
}

const WINDOW_MS = 4_000;

/** Turns successive positions of a scan into a pace over the last seconds. */
export class Meter {
  private samples: { at_ms: number; rows: number }[] = [];

  pace(progress: ScanProgress, at_ms: number): Pace {
    const rows = doneRows(progress);
    this.samples.push({ at_ms, rows });
    while (this.samples.length > 2 && at_ms - this.samples[1].at_ms >= WINDOW_MS) this.samples.shift();
    const first = this.samples[0];
    const elapsed_ms = at_ms - first.at_ms;
    const rows_per_second = elapsed_ms > 0 ? Math.max(0, (rows - first.rows) * 1000) / elapsed_ms : 0;
    const left = expectedRows(progress) - rows;
    return {
      rows_per_second,
      done_bytes: progress.cut_rows > 0 ? Math.round((progress.cut_bytes * rows) / progress.cut_rows) : 0,
      eta_seconds: rows_per_second > 0 ? Math.max(0, left) / rows_per_second : null,
    };
  }
}

export function doneRows(progress: ScanProgress): number {
  return progress.written + progress.duplicates + progress.rejected + progress.failed;
}

/** Rows of the whole scan, judged by what is cut so far. */
function expectedRows(progress: ScanProgress): number {
  const { size_bytes, cut_bytes, cut_rows } = progress;
  return cut_bytes > 0 ? Math.max(cut_rows, (cut_rows * size_bytes) / cut_bytes) : 0;
}

export function progressLine(progress: ScanProgress, pace: Pace): string {
  const items = [
    `${formatCount(pace.rows_per_second)} rows/s`,
    `${formatBytes(pace.done_bytes)} of ${formatBytes(progress.size_bytes)}`,
    `${formatCount(progress.written)} written`,
    `${formatCount(progress.duplicates)} duplicates`,
    `${formatCount(progress.rejected)} rejected`,
  ];
  if (progress.failed > 0) items.push(`${formatCount(progress.failed)} failed`);
  if (pace.eta_seconds !== null) items.push(`${formatSeconds(pace.eta_seconds)} left`);
  return items.join(' · ');
}
