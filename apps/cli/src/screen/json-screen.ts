import type { Failure } from '../failure.js';
import type { LiveNumbers } from '../live/numbers.js';
import type { DriftEvent } from '../run/read-drift.js';
import type { RunResult, SourceBooks } from '../run/result.js';
import type { RunOutcome } from '../run/run-once.js';
import { jsonSafe } from './json-safe.js';
import type { Pace, ScanProgress } from './progress.js';
import type { Found, GoldTable, RejectReason, RunScreen } from './run-screen.js';

/** One JSON object a line; the last line is always the event `result`. */
export class JsonScreen implements RunScreen {
  constructor(
    private readonly write: (line: string) => void = (line) => process.stdout.write(line),
    private readonly aside: (text: string) => void = (text) => process.stderr.write(text),
  ) {}

  note(text: string): void {
    this.aside(`${text}\n`);
  }

  found(found: Found): void {
    this.event('found', found);
  }

  progress(progress: ScanProgress, pace: Pace): void {
    this.event('progress', {
      ...progress,
      done_bytes: pace.done_bytes,
      rows_per_second: Math.round(pace.rows_per_second),
      eta_seconds: pace.eta_seconds === null ? null : Math.round(pace.eta_seconds * 10) / 10,
    });
  }

  live(numbers: LiveNumbers): void {
    this.event('live', numbers);
  }

  books(sources: SourceBooks[], result: RunResult): void {
    const { rows_in, written, duplicates, rejected, balanced, complete } = result;
    this.event('books', { rows_in, written, duplicates, rejected, balanced, complete, sources });
  }

  drift(events: (DriftEvent & { files: number })[]): void {
    if (events.length > 0) this.event('drift', { events });
  }

  rejects(reasons: RejectReason[]): void {
    this.event('rejects', { reasons });
  }

  gold(tables: GoldTable[]): void {
    for (const table of tables) this.event('gold', table);
  }

  result(result: RunResult, exit_code: number, red: string[]): void {
    this.event('result', { ...result, ...(red.length > 0 ? { red } : {}), exit_code });
  }

  summary(outcomes: RunOutcome[], exit_code: number): void {
    const datasets = outcomes.map(({ result, ...outcome }) => ({ ...outcome, ...result }));
    const isAll = (field: 'balanced' | 'complete') => outcomes.every(({ result }) => result[field]);
    this.event('result', { datasets, balanced: isAll('balanced'), complete: isAll('complete'), exit_code });
  }

  failed(failure: Failure, exit_code: number): void {
    this.event('result', { balanced: false, complete: false, error: failure, exit_code });
  }

  private event(event: string, fields: object): void {
    this.write(`${JSON.stringify({ event, ...fields }, jsonSafe)}\n`);
  }
}
