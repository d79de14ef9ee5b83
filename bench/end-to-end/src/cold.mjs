/** From nothing running to committed gold: Millrace starts its servers and services itself, polars finds PostgreSQL up. */

import { join } from 'node:path';
import { expectAnswer, expectTables, listSalesFiles } from '@millrace/testkit';
import { measure } from '../../measure/measure.mjs';
import { Millrace } from '../../measure/millrace.mjs';
import { withSalesTables } from '../../measure/sales-tables.mjs';
import { withDatabase } from '../../measure/servers.mjs';
import { runPeer } from '../../peers/python.mjs';

/**
 * Every command from its start to its end. `first_start` makes the databases' and the broker's files as well, `start` finds
 * them; `load` is what either takes from the request to the end.
 * @typedef {{ command_seconds: number, load_seconds: number }} Start
 * @param {string} home @param {{ python: string, scale?: string }} means @param {import('./sides.mjs').Data} data
 * @returns {Promise<{ rows: number, first_start: Start, start: Start, polars: { command_seconds: number } }>}
 */
export async function measureCold(home, { python, scale }, data) {
  const rows = data.answer.totals.rows_in;
  const first_start = await runAlone(new Millrace(join(home, 'first'), scale), data);
  const millrace = new Millrace(join(home, 'again'), scale);
  await millrace.up();
  await millrace.down();
  const start = await runAlone(millrace, data);
  return { rows, first_start, start, polars: await runPolarsAlone(join(home, 'polars'), python, data) };
}

/** @returns {Promise<Start>} */
async function runAlone(millrace, { directory, answer }) {
  try {
    const { result, seconds } = await measure({}, () => millrace.runOnce(directory));
    await millrace.up();
    const { database_url } = await millrace.endpoints();
    await withDatabase(database_url, (database) => expectAnswer(database, answer, { directory }));
    return { command_seconds: seconds, load_seconds: result.result.seconds };
  } finally {
    await millrace.reset();
  }
}

function runPolarsAlone(home, python, { directory, answer }) {
  const files = listSalesFiles(directory);
  return withSalesTables(home, async ({ database_url }) => {
    const args = ['--database-url', database_url, ...files.map((file) => join(directory, file))];
    const { seconds } = await measure({}, () => runPeer(python, 'polars_sales.py', args));
    await withDatabase(database_url, (database) => expectTables(database, answer, files));
    return { command_seconds: seconds };
  });
}
