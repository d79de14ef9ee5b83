import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { Transaction } from '../database.js';

type Named = Pick<DatasetPlan, 'name' | 'fingerprint'>;

/**
 * Whatever was begun under other plans of the dataset must be at its end. Whoever writes chunks down holds the plan's row: no
 * version may be active any more by now, or what is being written down would be missed.
 * @throws MillraceError PLAN_BUSY
 */
export async function requireIdle(tx: Transaction, { name, fingerprint }: Named): Promise<void> {
  const [{ scans, chunks }] = await tx.query<{ scans: number; chunks: number }>(
    `select (select count(*) from millrace.scans
         where dataset = $1 and fingerprint <> $2 and state in ('requested', 'listed')) as scans,
       (select count(*) from millrace.sources s join millrace.chunks c on c.source = s.id
          join millrace.chunk_outcomes o on o.source = c.source and o.chunk = c.chunk
        where s.dataset = $1 and not s.settled and c.fingerprint <> $2 and not o.resolved) as chunks`,
    [name, fingerprint],
  );
  if (scans + chunks === 0) return;
  throw new MillraceError(
    'PLAN_BUSY',
    `dataset ${name} changes the shape of its tables, and ${scans} runs and ${chunks} chunks of another version are not at their end yet`,
  );
}

/** @throws MillraceError PLAN_BUSY while anything of the dataset has no outcome yet */
export async function requireNothingUnderWay(tx: Transaction, name: string): Promise<void> {
  const [found] = await tx.query<{ scans: number; files: number; chunks: number }>(
    `select (select count(*) from millrace.scans where dataset = $1 and state in ('requested', 'listed')) as scans,
       (select count(*) from millrace.sources where dataset = $1 and kind <> 'inbox' and not settled) as files,
       (select count(*) from millrace.sources s join millrace.chunks c on c.source = s.id
          join millrace.chunk_outcomes o on o.source = c.source and o.chunk = c.chunk
        where s.dataset = $1 and not o.resolved) as chunks`,
    [name],
  );
  const { scans, files, chunks } = found;
  if (scans + files + chunks === 0) return;
  throw new MillraceError(
    'PLAN_BUSY',
    `dataset ${name} is to be replaced, and ${scans} runs, ${files} files and ${chunks} chunks of it are not at their end yet`,
  );
}
