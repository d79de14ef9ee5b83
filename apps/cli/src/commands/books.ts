import { Command } from 'commander';
import { type OutputOptions, print, printJson } from '../output.js';
import { type SourceBooks, totalBooks } from '../run/result.js';
import { formatCount } from '../screen/format.js';
import { formatTable } from '../screen/tables.js';
import { withDatabase } from '../with-database.js';

type Options = OutputOptions & { dataset?: string };

export function booksCommand(): Command {
  return new Command('books')
    .description('the books of every source: rows in = written + duplicates + rejected')
    .option('--dataset <name>', 'of one dataset only')
    .option('--json', 'print JSON')
    .action(async ({ dataset, json }: Options) => {
      const rows = await withDatabase((db) =>
        db.query<SourceBooks & { dataset: string }>(
          `select dataset, source, path, rows_in::float8 as rows_in, written::float8 as written,
             duplicates::float8 as duplicates, rejected::float8 as rejected, skipped::float8 as skipped,
             failed::float8 as failed, state, balanced, complete
           from millrace.books where $1::text is null or dataset = $1 order by dataset, source`,
          [dataset ?? null],
        ),
      );
      const total = totalBooks(rows);
      if (json) return printJson({ books: rows, total });
      if (rows.length === 0) return print('No sources yet.');
      print(formatTable(rows.map(({ source: _source, ...row }) => row)));
      const right = [total.written, total.duplicates, total.rejected].map(formatCount).join(' + ');
      print(`${formatCount(total.rows_in)} rows in ${total.balanced ? '=' : '≠'} ${right}`);
    });
}
