import type { Database } from '@millrace/postgres';
import type { ChunkRow } from '../steps/chunk-row.js';

/** A chunk of an inbox that is recorded and has no outcome yet. */
export interface RecordedChunk extends ChunkRow {
  /** Offsets of repeats within its range. */
  dropped: bigint[];
  isPublished: boolean;
  /** Times that it was found lost on the way. */
  heals: number;
  /** Of its source. */
  base_offset: bigint;
  topic_id: string;
}

type Row = Omit<RecordedChunk, 'dropped' | 'base_offset'> & { dropped: string[] | null; base_offset: string };

const COLUMNS = `c.source, c.chunk, c.fingerprint, c.flags, c.byte_start, c.byte_end, c.first_record, c.records, c.content_hash,
  c.dropped::text[] as dropped, c.published_at is not null as "isPublished", c.heals, s.base_offset::text as base_offset, s.topic_id`;

/** Of all sources of one partition, those of former topics of its name included; in order. */
export async function unresolvedChunks(db: Database, topic: string, partition: number): Promise<RecordedChunk[]> {
  // What has an outcome was published, whether or not that was marked.
  await db.query(
    `update millrace.chunks set published_at = now() from millrace.sources s, millrace.chunk_outcomes o
     where s.kind = 'inbox' and s.topic = $1 and s.partition = $2 and not s.settled
       and chunks.source = s.id and chunks.published_at is null
       and o.source = chunks.source and o.chunk = chunks.chunk and o.resolved`,
    [topic, partition],
  );
  const rows = await db.query<Row>(
    `select ${COLUMNS} from millrace.sources s join millrace.chunks c on c.source = s.id
     join millrace.chunk_outcomes o on o.source = c.source and o.chunk = c.chunk
     where s.kind = 'inbox' and s.topic = $1 and s.partition = $2 and not s.settled and not o.resolved
     order by c.source, c.chunk`,
    [topic, partition],
  );
  return rows.map(recordedChunk);
}

/** Of one source, from a chunk on, whatever became of them; in order. */
export async function recordedFrom(db: Database, source: number, from_chunk: number): Promise<RecordedChunk[]> {
  const rows = await db.query<Row>(
    `select ${COLUMNS} from millrace.sources s join millrace.chunks c on c.source = s.id
     where s.id = $1 and c.chunk >= $2 order by c.chunk`,
    [source, from_chunk],
  );
  return rows.map(recordedChunk);
}

function recordedChunk({ dropped, base_offset, ...row }: Row): RecordedChunk {
  return { ...row, dropped: (dropped ?? []).map(BigInt), base_offset: BigInt(base_offset) };
}

/** Sources of the partition, former ones, that nothing more is recorded of. @param source the one that is read */
export async function settleFormer(db: Database, topic: string, partition: number, source: number): Promise<void> {
  await db.query(
    `update millrace.sources s set settled = true
     where kind = 'inbox' and topic = $1 and partition = $2 and id <> $3 and not settled and not exists (
       select from millrace.chunk_outcomes o where o.source = s.id and not o.resolved)`,
    [topic, partition, source],
  );
}

/** The number of the source's next chunk. */
export async function nextChunk(db: Database, source: number): Promise<number> {
  const [{ next }] = await db.query<{ next: number }>(
    `select greatest((select max(chunk) from millrace.chunks where source = $1),
       (select max(chunk_to) from millrace.ranges where source = $1), -1) + 1 as next`,
    [source],
  );
  return next;
}

/** Sources of which everything is applied, as far as was recorded when their position was read. */
export async function settleInbox(db: Database, sources: { source: number; next_record: number }[]): Promise<void> {
  await db.query(
    `update millrace.sources set settled = true
     from unnest($1::int[], $2::bigint[]) as clear (id, next_record)
     where sources.id = clear.id and sources.next_record = clear.next_record and not settled`,
    [sources.map(({ source }) => source), sources.map(({ next_record }) => next_record)],
  );
}
