import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Database, findSource, type RepublishableSource } from '@millrace/postgres';
import { CommandFailure } from '../failure.js';

/**
 * The source that a user means: its number, the path of a file as it was registered or relative to here, or the name of an
 * inbox's partition, as in `inbox.sales[0]`. @throws CommandFailure USAGE when there is none
 */
export async function findWantedSource(db: Database, wanted: string): Promise<RepublishableSource> {
  const isNumber = /^\d{1,9}$/.test(wanted) && !existsSync(wanted);
  const found = isNumber
    ? await findSource(db, { source: Number(wanted) })
    : ((await findSource(db, { path: wanted })) ?? (await findSource(db, { path: resolve(wanted) })));
  if (found) return found;
  throw new CommandFailure(
    'USAGE',
    `there is no source ${wanted}`,
    'name its number or path, as `npx millrace checkpoints show` tells them',
  );
}
