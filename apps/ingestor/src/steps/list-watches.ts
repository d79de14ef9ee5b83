import { MillraceError } from '@millrace/contracts';
import type { Database, Transaction } from '@millrace/postgres';
import type { Listing } from './list-files.js';
import { errorJson } from './record-cuts.js';

/** A directory that is watched for ever. */
export interface Watch {
  id: number;
  dataset: string;
  path: string;
}

export async function listWatches(db: Database): Promise<Watch[]> {
  return db.query<Watch>('select id::float8, dataset, path from millrace.watches where removed_at is null order by id');
}

/**
 * Holds the watch's lease until the transaction ends: what a slow owner found out long ago must not be written over what
 * its successor found out since.
 * @throws MillraceError LEASE_LOST
 */
export async function requireWatch(tx: Transaction, { id, path }: Watch, owner: string): Promise<void> {
  const held = await tx.query(`select from millrace.leases where subject = $1 and owner = $2 for share`, [
    `watch:${id}`,
    owner,
  ]);
  if (held.length === 0) throw new MillraceError('LEASE_LOST', `another ingestor watches ${path} now`);
}

/** What users see of a listing. */
export async function reportListing(db: Database, { id }: Watch, listing: Listing): Promise<void> {
  await db.query(
    `update millrace.watches set listed_at = clock_timestamp(), files = $2, ignored = $3, refused = $4::jsonb, error = null
     where id = $1`,
    [id, listing.files.length, listing.ignored, JSON.stringify(listing.refused)],
  );
}

export async function reportFailure(db: Database, { id }: Watch, error: MillraceError): Promise<void> {
  await db.query('update millrace.watches set error = $2::jsonb where id = $1', [id, errorJson(error)]);
}
