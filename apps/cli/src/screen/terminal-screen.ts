import { basename } from 'node:path';
import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import type { Failure } from '../failure.js';
import type { LiveNumbers } from '../live/numbers.js';
import type { DriftEvent } from '../run/read-drift.js';
import { describePlace } from '../run/rejects.js';
import type { RunResult, SourceBooks } from '../run/result.js';
import type { RunOutcome } from '../run/run-once.js';
import { formatBytes, formatCount, formatSeconds, formatValue, plural, visible } from './format.js';
import { liveLines } from './live-lines.js';
import { type Pace, progressLine, type ScanProgress } from './progress.js';
import type { Found, GoldTable, RejectReason, RunScreen } from './run-screen.js';
import { formatTable, Painted } from './tables.js';

const FILES_SHOWN = 12;
const REASONS_SHOWN = 8;

/** For people: sections, and one live line while the rows flow. */
export class TerminalScreen implements RunScreen {
  private readonly moving = createLogUpdate(process.stdout);
  private table = 'millrace.books';

  note(text: string): void {
    this.moving.clear();
    this.print(pc.dim(text));
  }

  found(found: Found): void {
    this.title('Found');
    this.print(
      `  ${plural(found.files, 'file')}, ${formatBytes(found.size_bytes)} for dataset ${pc.bold(found.dataset)} in ${found.path}`,
    );
    if (found.ignored > 0)
      this.print(`  ${plural(found.ignored, 'other file')} ignored (not of the dataset, or still being written)`);
    if (Array.isArray(found.refused) && found.refused.length > 0) {
      this.print(pc.yellow(`  refused: ${found.refused.map((item) => describe(item)).join(', ')}`));
    }
    if (found.files === 0) this.print(pc.yellow('  No file there matches the pattern of the dataset.'));
    this.print('');
  }

  progress(progress: ScanProgress, pace: Pace): void {
    this.moving(`  ${progressLine(progress, pace)}`);
  }

  live(numbers: LiveNumbers): void {
    this.moving(liveLines(numbers).join('\n'));
  }

  books(books: SourceBooks[], result: RunResult): void {
    this.moving.clear();
    this.title('Books');
    if (books.length > 1) this.sources(books);
    const { rows_in, written, duplicates, rejected, failed } = result;
    const right = `${formatCount(written)} written + ${formatCount(duplicates)} duplicates + ${formatCount(rejected)} rejected`;
    const balanced = rows_in === written + duplicates + rejected;
    const sign = balanced ? pc.green('=') : pc.red('≠');
    this.print(`  ${pc.bold(formatCount(rows_in))} rows in ${sign} ${right}`);
    if (failed > 0) this.print(pc.red(`  ${plural(failed, 'row')} in messages that were set aside`));
    this.print('');
  }

  drift(events: (DriftEvent & { files: number })[]): void {
    if (events.length === 0) return;
    this.title('Schema drift');
    const rows = events.slice(0, REASONS_SHOWN).map(({ kind, column, detail, action, files, path }) => ({
      '': kind,
      column,
      what: detail,
      action,
      in: files === 1 ? basename(path) : `${basename(path)} and ${plural(files - 1, 'more file')}`,
    }));
    this.print(formatTable(rows));
    if (events.length > REASONS_SHOWN) this.print(`  and ${events.length - REASONS_SHOWN} more: millrace schema diff`);
    this.print('');
  }

  rejects(reasons: RejectReason[]): void {
    if (reasons.length === 0) return;
    this.title('Rejects');
    const rows = reasons.slice(0, REASONS_SHOWN).map(({ code, column, rows, example }) => ({
      reason: code,
      column: column ?? '(row)',
      rows: formatCount(rows),
      example: describePlace(example),
      value: example.value === null ? '' : formatValue(example.value, 32),
    }));
    this.print(formatTable(rows));
    if (reasons.length > REASONS_SHOWN) this.print(`  and ${plural(reasons.length - REASONS_SHOWN, 'reason')} more`);
    this.print('');
  }

  gold(tables: GoldTable[]): void {
    this.table = tables[0]?.table ?? this.table;
    for (const { table, groups, first } of tables) {
      this.title(`Gold: ${table} (${plural(groups, 'group')}${groups > first.length ? ', the largest' : ''})`);
      if (first.length > 0) this.print(formatTable(first));
      this.print('');
    }
  }

  result(result: RunResult, exit_code: number, red: string[]): void {
    const rate = result.seconds > 0 ? ` · ${formatCount(result.rows_in / result.seconds)} rows/s` : '';
    const verdict = exit_code === 0 ? pc.green('exact') : exit_code === 2 ? pc.yellow('many rejects') : pc.red('RED');
    this.print(`${pc.bold('Done')} in ${formatSeconds(result.seconds)}${rate} · ${verdict}`);
    for (const reason of red) this.print(pc.red(`  ${reason}`));
    if (exit_code === 2)
      this.print(pc.yellow('  more rejects than the reject_threshold of the dataset allows (exit code 2)'));
    const peaks = Object.entries(result.peak_rss_bytes ?? {}).map(([name, size]) => `${name} ${formatBytes(size)}`);
    if (peaks.length > 0) this.print(pc.dim(`  read ${result.mode ?? 'streaming'}; peak memory: ${peaks.join(', ')}`));
    if (result.heals > 0) this.print(pc.yellow(`  ${plural(result.heals, 'chunk')} published again (healed)`));
    this.print('');
    this.next();
  }

  summary(outcomes: RunOutcome[], _exit_code: number): void {
    this.title('All datasets');
    const rows = outcomes.map(({ dataset, table, result, exit_code }) => ({
      dataset,
      table,
      'rows in': formatCount(result.rows_in),
      written: formatCount(result.written),
      duplicates: formatCount(result.duplicates),
      rejected: formatCount(result.rejected),
      time: formatSeconds(result.seconds),
      '':
        exit_code === 0
          ? new Painted('exact', pc.green)
          : new Painted(exit_code === 2 ? 'many rejects' : 'RED', pc.red),
    }));
    this.print(formatTable(rows));
  }

  failed(_failure: Failure, _exit_code: number): void {
    this.moving.done();
  }

  private next(): void {
    this.print(pc.bold('Next'));
    this.print('  npx millrace books               every file, how many rows in, and what became of them');
    this.print('  npx millrace rejects             every rejected row, and why');
    this.print(`  npx millrace sql "select * from ${this.table} limit 10"`);
    this.print('  npx millrace up --detach         keeps the servers and services running for the next run');
  }

  private sources(books: SourceBooks[]): void {
    const shown = books.slice(0, FILES_SHOWN).map((source) => ({
      file: basename(source.path),
      'rows in': formatCount(source.rows_in),
      written: formatCount(source.written),
      duplicates: formatCount(source.duplicates),
      rejected: formatCount(source.rejected),
      '':
        source.balanced && source.complete ? new Painted('balanced', pc.green) : new Painted(redState(source), pc.red),
    }));
    this.print(formatTable(shown));
    if (books.length > FILES_SHOWN) this.print(`  and ${plural(books.length - FILES_SHOWN, 'file')} more`);
  }

  private title(text: string): void {
    this.moving.clear();
    this.print(pc.bold(text));
  }

  private print(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}

function redState(source: SourceBooks): string {
  if (['changed', 'vanished', 'failed'].includes(source.state)) return source.state;
  return source.complete ? 'unbalanced' : 'incomplete';
}

function describe(item: unknown): string {
  return visible(typeof item === 'string' ? item : JSON.stringify(item));
}
