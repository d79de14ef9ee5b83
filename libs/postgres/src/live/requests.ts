import type { Queryable } from '../database.js';

/** A request with an Idempotency-Key. */
export interface RequestRow {
  id: string;
  dataset: string;
  key: string;
  /** sha256 of the inbox message's value. */
  body_hash: Buffer;
  rows: number;
  /** The message that counts, once the ingestor recorded it. */
  source: number | null;
  offset: bigint | null;
  /** Messages with this key that were left out. */
  repeats: number;
  at: Date;
}

export interface ClaimedKey {
  id: string;
  /** same: the key was there with this body; other: with another one. */
  state: 'new' | 'same' | 'other';
  source: number | null;
  offset: bigint | null;
}

type Found = Pick<RequestRow, 'id' | 'source'> & { offset: string | null; same: boolean };

/** Writes a key down, or finds it. Of several that come at once, exactly one is told `new`. */
export async function claimKey(
  db: Queryable,
  request: { dataset: string; key: string; body_hash: Buffer; rows: number },
): Promise<ClaimedKey> {
  const { dataset, key, body_hash, rows } = request;
  for (;;) {
    const [inserted] = await db.query<{ id: string }>(
      `insert into millrace.requests (dataset, key, body_hash, rows) values ($1, $2, $3, $4)
       on conflict (dataset, key) do nothing returning id`,
      [dataset, key, body_hash, rows],
    );
    if (inserted) return { id: inserted.id, state: 'new', source: null, offset: null };
    const [found] = await db.query<Found>(
      `select id, source, "offset"::text as offset, body_hash = $3 as same from millrace.requests
       where dataset = $1 and key = $2`,
      [dataset, key, body_hash],
    );
    // It may have expired between the two statements.
    if (!found) continue;
    return { id: found.id, state: found.same ? 'same' : 'other', source: found.source, offset: toOffset(found.offset) };
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @returns undefined for an id that is unknown, expired or none at all */
export async function requestById(db: Queryable, id: string): Promise<RequestRow | undefined> {
  if (!UUID.test(id)) return undefined;
  const [row] = await db.query<Omit<RequestRow, 'offset'> & { offset: string | null }>(
    `select id, dataset, key, body_hash, rows, source, "offset"::text as offset, repeats, at from millrace.requests
     where id = $1`,
    [id],
  );
  return row && { ...row, offset: toOffset(row.offset) };
}

/** Deleted in one statement, so that none holds its locks for long. */
const EXPIRED_ROWS = 10_000;

/** Deletes requests older than that. @returns how many */
export async function expireRequests(db: Queryable, older_than_ms: number): Promise<number> {
  for (let expired = 0; ; ) {
    const [{ count }] = await db.query<{ count: number }>(
      `with expired as (
         delete from millrace.requests where id in (
           select id from millrace.requests where at < clock_timestamp() - $1 * interval '1 millisecond'
           order by at limit ${EXPIRED_ROWS} for update skip locked)
         returning 1)
       select count(*) from expired`,
      [older_than_ms],
    );
    expired += count;
    if (count < EXPIRED_ROWS) return expired;
  }
}

const toOffset = (text: string | null): bigint | null => (text === null ? null : BigInt(text));
