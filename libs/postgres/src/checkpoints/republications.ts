import type { Queryable } from '../database.js';

/** A request that the recorded chunks of a source be published once more. */
export interface Republication {
  id: number;
  source: number;
  /** The first chunk that is wanted. */
  from_chunk: number;
  /** Where an ingestor goes on. */
  next_chunk: number;
  /** Published so far. */
  chunks: number;
  requested_at: Date;
  finished_at: Date | null;
  /** Why not all of them were: lost_chunks are those of an inbox whose messages are gone, by now. */
  error: { code: string; message: string; lost_chunks?: number; first_lost?: number } | null;
}

const COLUMNS = `id::float8 as id, source, from_chunk, coalesce(next_chunk, from_chunk) as next_chunk, coalesce(chunks, 0) as chunks,
  requested_at, finished_at, error`;

/** @returns the request's number */
export async function requestRepublication(db: Queryable, source: number, from_chunk: number): Promise<number> {
  const [{ id }] = await db.query<{ id: number }>(
    'insert into millrace.republications (source, from_chunk) values ($1, $2) returning id::float8 as id',
    [source, from_chunk],
  );
  return id;
}

export async function readRepublication(db: Queryable, id: number): Promise<Republication | undefined> {
  const [row] = await db.query<Republication>(`select ${COLUMNS} from millrace.republications where id = $1`, [id]);
  return row;
}

/** The oldest that are not at their end, in order. */
export async function openRepublications(db: Queryable, limit: number): Promise<Republication[]> {
  return db.query(
    `select ${COLUMNS} from millrace.republications where finished_at is null order by republications.id limit $1`,
    [limit],
  );
}

/** Chunks were acknowledged by Kafka, or cannot be had: whoever goes on begins behind them. */
export async function advanceRepublication(
  db: Queryable,
  { id, next_chunk, chunks, error }: Pick<Republication, 'id' | 'next_chunk' | 'chunks' | 'error'>,
): Promise<void> {
  await db.query('update millrace.republications set next_chunk = $2, chunks = $3, error = $4::jsonb where id = $1', [
    id,
    next_chunk,
    chunks,
    error && JSON.stringify(error),
  ]);
}

export async function finishRepublication(db: Queryable, id: number, error: Republication['error']): Promise<void> {
  await db.query(
    `update millrace.republications set finished_at = clock_timestamp(), chunks = coalesce(chunks, 0), error = $2::jsonb
     where id = $1 and finished_at is null`,
    [id, error && JSON.stringify(error)],
  );
}

/** Of a dataset's sources, or of one of them: those that are not at their end, then the last ones that are. */
export async function listRepublications(
  db: Queryable,
  { dataset, source, limit }: { dataset: string; source?: number; limit: number },
): Promise<Republication[]> {
  return db.query(
    `select ${COLUMNS} from millrace.republications
     where source in (select s.id from millrace.sources s where s.dataset = $1) and ($2::int is null or source = $2)
     order by finished_at is not null, republications.id desc limit $3`,
    [dataset, source ?? null, limit],
  );
}
