import { resolve } from 'node:path';
import { Command } from 'commander';
import { resolvePlan } from '../datasets.js';
import { CommandFailure, errorBlock, exitCodeOfError, failureOf } from '../failure.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { calendarDate, datesFrom } from '../report/dates.js';
import { reportFiles } from '../report/sections.js';
import { type ReportResult, writeReport } from '../report/write-report.js';
import { plural } from '../screen/format.js';
import { withDatabase } from '../with-database.js';

type Options = OutputOptions & { date: string; to?: string; dataset: string; out: string };

export function reportCommand(): Command {
  return new Command('report')
    .description(
      'write daily_sales_<date>.csv and top5_products_<date>.csv from the gold tables, for any date or range',
    )
    .requiredOption('--date <date>', 'which day, e.g. 2026-01-31; the first one of a range', calendarDate)
    .option('--to <date>', 'the last day of a range', calendarDate)
    .option('--dataset <name>', 'a dataset by its name, or a config file', 'channel_sales')
    .option('--out <dir>', 'where to', 'reports')
    .option('--json', 'print JSON')
    .action(async ({ date, to, dataset, out, json }: Options) => {
      const files = reportFiles(resolvePlan(dataset));
      const dates = daysOf(date, to ?? date);
      const result = await withDatabase((db) =>
        writeReport((sql, params) => db.query(sql, params), files, dates, resolve(out)),
      );
      if (json) printJson(jsonOf(result));
      else for (const { path, rows } of result.files) print(`${path}: ${plural(rows, 'row')}`);
      if (result.error === undefined) return;
      if (isMissingTable(result)) {
        const advice = `npx millrace run --once --dataset ${dataset} --path DIR`;
        throw new CommandFailure('REFUSED', `nothing of ${dataset} was loaded yet`, advice);
      }
      process.stderr.write(errorBlock(result.error) + describeRest(result));
      process.exitCode = exitCodeOfError(result.error);
    });
}

const UNDEFINED_TABLE = '42P01';

function isMissingTable({ error, files }: ReportResult): boolean {
  return files.length === 0 && (error as { code?: unknown }).code === UNDEFINED_TABLE;
}

function daysOf(first: string, last: string): string[] {
  try {
    return datesFrom(first, last);
  } catch (error) {
    throw new CommandFailure('USAGE', (error as Error).message, 'give --date and a later --to');
  }
}

function jsonOf({ files, partial, missing, error }: ReportResult) {
  return { files, partial, missing, error: error === undefined ? null : failureOf(error) };
}

/** What is there in spite of an error, and what is not. */
function describeRest({ files, partial, missing }: ReportResult): string {
  const lines = [`  Whole:  ${plural(files.length, 'file')}`];
  if (partial) lines.push(`  Part:   ${partial.path}, ${plural(partial.rows, 'row')} that were read before`);
  lines.push(`  Not:    ${missing.join('\n          ')}`, '  The same command again writes them all');
  return `${lines.join('\n')}\n`;
}
