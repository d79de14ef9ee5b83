import { resolve } from 'node:path';
import type { DatasetPlan } from '@millrace/dataset';
import { plural } from '../screen/format.js';
import type { RunScreen } from '../screen/run-screen.js';
import { writeErrors } from './errors-csv.js';
import type { DatabaseLink } from './link.js';

/** Where the config asks for it: the rejects of these sources as CSV. */
export async function exportErrors(
  plan: DatasetPlan,
  link: DatabaseLink,
  screen: RunScreen,
  sources: readonly { source: number }[],
): Promise<void> {
  if (plan.errors === null) return;
  const directory = resolve(plan.errors);
  const ids = sources.map(({ source }) => source);
  const files = await link.ask((db) => writeErrors(db, plan, directory, ids));
  if (files.length > 0) screen.note(`${plural(files.length, 'file')} with rejected rows in ${directory}`);
}
