import type { Queryable } from '../database.js';

/** A dataset of which nothing new is recorded or published. */
export interface Pause {
  dataset: string;
  paused_at: Date;
  reason: string | null;
}

/** In order of their names. */
export async function readPauses(db: Queryable): Promise<Pause[]> {
  return db.query('select dataset, paused_at, reason from millrace.pauses order by dataset');
}

/** Paused again it stays paused since then; a reason replaces the former one. @returns it, and whether it went on until now */
export async function pauseDataset(
  db: Queryable,
  dataset: string,
  reason: string | null,
): Promise<Pause & { is_news: boolean }> {
  const [pause] = await db.query<Pause & { is_news: boolean }>(
    `insert into millrace.pauses as p (dataset, reason) values ($1, $2)
     on conflict (dataset) do update set reason = coalesce(excluded.reason, p.reason)
     returning dataset, paused_at, reason, xmax = 0 as is_news`,
    [dataset, reason],
  );
  return pause;
}

/** @returns the pause that ended; undefined when there was none */
export async function resumeDataset(db: Queryable, dataset: string): Promise<Pause | undefined> {
  const [ended] = await db.query<Pause>(
    'delete from millrace.pauses where dataset = $1 returning dataset, paused_at, reason',
    [dataset],
  );
  return ended;
}
