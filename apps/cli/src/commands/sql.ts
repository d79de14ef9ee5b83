import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import type { Database } from '@millrace/postgres';
import { withSecrets } from '@millrace/telemetry/environment';
import { Command } from 'commander';
import { apartFromPassword } from '../endpoints.js';
import { errorBlock } from '../failure.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { plural } from '../screen/format.js';
import { type Cell, formatTable } from '../screen/tables.js';
import { withDatabase } from '../with-database.js';

type Row = Record<string, Cell>;

export function sqlCommand(): Command {
  return new Command('sql')
    .description('run a query; without one: psql where it is installed, else a small prompt')
    .argument('[query]')
    .option('--json', 'print the rows as a JSON array')
    .action(async (query: string | undefined, { json }: OutputOptions) => {
      if (query !== undefined) return withDatabase((db) => show(db, query, json));
      return withDatabase(async (db, url) => {
        if (!(await runPsql(url))) await prompt(db);
      });
    });
}

async function show(db: Database, query: string, json?: boolean): Promise<void> {
  const rows = await db.query<Row>(query);
  if (json) return printJson(rows);
  if (rows.length > 0) print(formatTable(rows));
  print(plural(rows.length, 'row'));
}

/** False where there is no psql. Its arguments are for all to see in the list of processes: the password goes another way. */
function runPsql(whole_url: string): Promise<boolean> {
  const { url, password } = apartFromPassword(whole_url);
  const environment = withSecrets(process.env, ['PGPASSWORD']);
  const env = password ? { ...environment, PGPASSWORD: password } : environment;
  return new Promise((resolve, reject) => {
    const psql = spawn('psql', [url], { stdio: 'inherit', env });
    psql.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(false) : reject(error)));
    psql.once('exit', (code) => {
      process.exitCode = code ?? 1;
      resolve(true);
    });
  });
}

async function prompt(db: Database): Promise<void> {
  print('One query a line; an empty line ends.');
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'millrace> ' });
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() === '') break;
    try {
      await show(db, line);
    } catch (error) {
      process.stderr.write(errorBlock(error));
    }
    lines.prompt();
  }
  lines.close();
}
