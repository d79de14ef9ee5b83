import { resolve } from 'node:path';
import { Command } from 'commander';
import { type OutputOptions, print, printJson } from '../output.js';
import { writeErrors } from '../run/errors-csv.js';
import { describePlace, readReasons, readRejects } from '../run/rejects.js';
import { formatCount, formatValue, plural } from '../screen/format.js';
import { formatTable } from '../screen/tables.js';
import { wholeNumber } from '../whole-number.js';
import { withDatabase } from '../with-database.js';

type Options = OutputOptions & { dataset?: string; limit: number; out?: string };

export function rejectsCommand(): Command {
  return new Command('rejects')
    .description('rejected rows: the reasons, and the first rows with what they held')
    .option('--dataset <name>', 'of one dataset only')
    .option('--limit <rows>', 'how many rows to show', wholeNumber, 20)
    .option('--out <dir>', 'instead: all of them as CSV, a file for each source')
    .option('--json', 'print JSON')
    .action(async ({ dataset, limit, out, json }: Options) => {
      if (out !== undefined) return exportAll(out, dataset, json);
      const { reasons, rejects } = await withDatabase(async (db) => ({
        reasons: await readReasons(db, { dataset }),
        rejects: await readRejects(db, { dataset }, limit),
      }));
      if (json) return printJson({ summary: reasons, rejects });
      if (reasons.length === 0) return print('No rejects.');
      print(
        formatTable(
          reasons.map(({ code, column, rows }) => ({
            reason: code,
            column: column ?? '(row)',
            rows: formatCount(rows),
          })),
        ),
      );
      print(
        formatTable(
          rejects.map((row) => ({
            where: describePlace(row),
            column: row.column ?? '(row)',
            reason: row.code,
            value: row.value === null ? '' : formatValue(row.value, 40),
          })),
        ),
      );
    });
}

async function exportAll(out: string, dataset: string | undefined, json?: boolean): Promise<void> {
  const directory = resolve(out);
  const files = await withDatabase(async (db) => {
    const datasets = await db.query<{ name: string }>(
      'select distinct dataset as name from millrace.sources order by 1',
    );
    const written: string[] = [];
    for (const { name } of datasets) {
      if (dataset === undefined || dataset === name) written.push(...(await writeErrors(db, { name }, directory)));
    }
    return written;
  });
  if (json) printJson({ directory, files });
  else print(files.length === 0 ? 'No rejects.' : `${plural(files.length, 'file')} in ${directory}`);
}
