import { MillraceError } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import { metrics } from '@millrace/telemetry';
import type { ChunkRow, ReadChunk } from '../steps/chunk-row.js';
import type { InboxParts } from './inbox.flow.js';
import type { InboxPartition } from './inbox-partition.js';
import { boundsOf, markLost } from './lost-messages.js';

const NOTHING = Buffer.alloc(0);

/**
 * Chunks that were published and lost on the way. Messages come in order only, so that the process ends: whoever reads the
 * partition next finds the chunks as not published. Where the inbox no longer has their messages they are marked as failed.
 * Only chunks without any are given back, to be published at once.
 * @param partitionOf the partition that a chunk is of, if this process owns it
 * @throws MillraceError STALLED
 */
export async function* healOrMark(
  { db, kafka, log }: Pick<InboxParts, 'db' | 'kafka' | 'log'>,
  dataset: string,
  lost: ChunkRow[],
  partitionOf: (row: ChunkRow) => InboxPartition | undefined,
): AsyncGenerator<ReadChunk> {
  const healed: ChunkRow[] = [];
  for (const row of lost) {
    const partition = partitionOf(row);
    if (!partition) continue;
    const { low } = await boundsOf(kafka, partition.topic, partition.source.partition);
    const { source, chunk, records } = row;
    if (records === 0) {
      yield { row, header: NOTHING, raw: NOTHING };
      continue;
    }
    if (partition.canReplay(row, low)) {
      healed.push(row);
      log.warn({ dataset, source, chunk }, 'chunk was lost: published again after a restart');
      continue;
    }
    const err = await markLost(db, row);
    metrics.setAside.inc({ stage: 'ingestor', code: err.code });
    log.error({ dataset, source, chunk, code: err.code, err }, 'chunk can never be published again');
  }
  if (healed.length === 0) return;
  await countHeals(db, healed);
  throw new MillraceError('STALLED', `${healed.length} chunks of the inbox of ${dataset} were lost on the way`);
}

async function countHeals(db: Database, rows: ChunkRow[]): Promise<void> {
  await db.query(
    `update millrace.chunks set heals = heals + 1, published_at = null
     from unnest($1::int[], $2::int[]) as lost (source, chunk)
     where chunks.source = lost.source and chunks.chunk = lost.chunk`,
    [rows.map(({ source }) => source), rows.map(({ chunk }) => chunk)],
  );
}
