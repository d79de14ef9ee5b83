import { type Database, readPauses } from '@millrace/postgres';
import { CommandFailure } from '../failure.js';

/** @throws CommandFailure REFUSED while the dataset is paused: who waits for it would wait in vain */
export async function requireResumed(db: Database, dataset: string): Promise<void> {
  const pause = (await readPauses(db)).find((one) => one.dataset === dataset);
  if (!pause) return;
  const why = pause.reason ? ` (${pause.reason})` : '';
  throw new CommandFailure(
    'REFUSED',
    `${dataset} is paused since ${pause.paused_at.toISOString()}${why}: nothing new of it is taken`,
    `npx millrace resume ${dataset}, then the same command again: it goes on where this one stopped`,
  );
}
