import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvLine } from './csv-cell.js';
import type { ReportFile, Section } from './sections.js';

export type Query = (sql: string, params: readonly unknown[]) => Promise<Record<string, string | null>[]>;

export interface WrittenFile {
  path: string;
  date: string;
  rows: number;
}

/** What a report came to. */
export interface ReportResult {
  /** Whole files. */
  files: WrittenFile[];
  /** What was read of the file in hand when a query failed; under the file's name and `.partial`. Null: not one row was. */
  partial: WrittenFile | null;
  /** Files that are missing for it, the one in hand first. */
  missing: string[];
  /** Why it ended before its end. */
  error: unknown;
}

/**
 * Writes the files of each date, one after the other; a file stands under its name only once it is whole, and replaces an older one
 * then. When a query fails, what was read until then is kept, and the rest is named: it throws for nothing that a query throws.
 */
export async function writeReport(
  query: Query,
  files: readonly ReportFile[],
  dates: readonly string[],
  directory: string,
): Promise<ReportResult> {
  mkdirSync(directory, { recursive: true });
  const result: ReportResult = { files: [], partial: null, missing: [], error: undefined };
  const work = dates.flatMap((date) => files.map((file) => ({ date, file, path: pathOf(directory, file, date) })));
  for (const [at, { date, file, path }] of work.entries()) {
    const lines: string[] = [];
    try {
      for (const section of file.sections) lines.push(...(await linesOf(query, file, section, date)));
    } catch (error) {
      result.error = error;
      result.missing = work.slice(at).map((item) => item.path);
      if (lines.length > 0) result.partial = writePartial(path, file, lines, date);
      return result;
    }
    writeWhole(path, [header(file), ...lines]);
    rmSync(partialOf(path), { force: true });
    result.files.push({ path, date, rows: lines.length });
  }
  return result;
}

function pathOf(directory: string, { name }: ReportFile, date: string): string {
  return join(directory, `${name}_${date}.csv`);
}

const partialOf = (path: string) => `${path}.partial`;

async function linesOf(query: Query, file: ReportFile, { sql, ranking }: Section, date: string): Promise<string[]> {
  const rows = await query(sql, [date]);
  const own = ranking === null ? 0 : 2;
  const names = file.header.slice(own);
  return rows.map((row, at) => {
    const values = names.map((name) => row[name]);
    return csvLine(ranking === null ? values : [ranking, at + 1, ...values], file.types);
  });
}

function header(file: ReportFile): string {
  return csvLine(
    file.header,
    file.header.map(() => 'text'),
  );
}

function writePartial(path: string, file: ReportFile, lines: readonly string[], date: string): WrittenFile {
  const partial = partialOf(path);
  writeWhole(partial, [header(file), ...lines, '# incomplete: PostgreSQL failed before the rest was read\n']);
  return { path: partial, date, rows: lines.length };
}

/** Whoever reads the directory meanwhile sees the old file or the new one, never half of one. */
function writeWhole(path: string, lines: readonly string[]): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, lines.join(''));
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
