import { MillraceError } from '@millrace/contracts';
import type { Database, Transaction } from '@millrace/postgres';
import { type Identity, identifyFile, type KnownSource } from './identify-file.js';
import { KnownSources, recordedContent } from './known-sources.js';
import type { ListedFile, Listing } from './list-files.js';
import type { Scan } from './pick-scan.js';

export interface Registered {
  file: ListedFile;
  identity: Identity;
  source: number;
}

/** Taken by whoever gives numbers to sources; any constant of our own will do. */
const REGISTRATION_LOCK = 0x4d4c5231;

/**
 * Gives every listed file its source number: the whole list in one transaction under one lock, so that the numbers
 * are gapless and follow the sort order. Contents are compared before, outside of the lock; should another have
 * registered sources in the meantime, it is all done again.
 */
export async function registerSources(db: Database, scan: Scan, listing: Listing): Promise<Registered[]> {
  for (;;) {
    const last = await lastSource(db);
    const identities = await identifyAll(db, scan.dataset, listing.files);
    const registered = await db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [REGISTRATION_LOCK]);
      if ((await lastSource(tx)) !== last) return undefined;
      const numbered = number(identities, last);
      await insertNew(tx, scan.dataset, numbered);
      await updateKnown(tx, numbered);
      await closeListing(tx, scan, listing, numbered);
      return numbered;
    });
    if (registered) return registered;
  }
}

async function lastSource(db: Pick<Database | Transaction, 'query'>): Promise<number> {
  const [{ last }] = await db.query<{ last: number }>('select coalesce(max(id), 0) as last from millrace.sources');
  return last;
}

type Identified = Omit<Registered, 'source'>;

async function identifyAll(db: Database, dataset: string, files: ListedFile[]): Promise<Identified[]> {
  const known = await KnownSources.load(db, dataset, files);
  const identified: Identified[] = [];
  for (const file of files) {
    const candidates = known.candidatesFor(file);
    const identity = await identifyFile(file, candidates, (source) => recordedContent(db, source.id));
    if (identity.kind !== 'new') known.take(identity.source);
    identified.push({ file, identity });
  }
  return identified;
}

function number(identified: Identified[], last: number): Registered[] {
  let next = last;
  return identified.map((entry) => ({
    ...entry,
    source: entry.identity.kind === 'new' ? ++next : entry.identity.source.id,
  }));
}

async function insertNew(tx: Transaction, dataset: string, registered: Registered[]): Promise<void> {
  const fresh = registered.filter(({ identity }) => identity.kind === 'new');
  if (fresh.length === 0) return;
  await tx.query(
    `insert into millrace.sources (id, dataset, kind, path, device, inode, size_bytes, modified_ns, changed_ns, sealed_bytes)
     select id, $1, 'file', path, device, inode, size, modified, changed, size
     from unnest($2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::numeric[], $8::numeric[])
       as file (id, path, device, inode, size, modified, changed)`,
    [dataset, ...columnsOf(fresh)],
  );
}

/** Takes over path and stat of files that are known by their content, and sets them to be cut on where there is more. */
async function updateKnown(tx: Transaction, registered: Registered[]): Promise<void> {
  const moved = registered.filter(({ identity }) => identity.kind !== 'new' && identity.kind !== 'known');
  if (moved.length === 0) return;
  const isRead = moved.map(({ identity }) => identity.kind !== 'unread');
  const isRestarted = moved.map(({ identity }) => identity.kind === 'restarted');
  const isDone = moved.map(({ identity, file }) => isCutAlready(identity, file));
  await tx.query(
    `update millrace.sources set path = file.path,
       device = case when is_read then file.device else sources.device end,
       inode = case when is_read then file.inode else sources.inode end,
       size_bytes = case when is_read then size else sources.size_bytes end,
       modified_ns = case when is_read then modified else modified_ns end,
       changed_ns = case when is_read then changed else changed_ns end,
       sealed_bytes = case when is_read then size else sealed_bytes end,
       header = case when is_restarted then null else header end,
       header_end = case when is_restarted then null else header_end end,
       state = case when is_done then state else 'registered' end,
       error = case when is_done then error end
     from unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::numeric[], $7::numeric[],
         $8::boolean[], $9::boolean[], $10::boolean[])
       as file (id, path, device, inode, size, modified, changed, is_read, is_restarted, is_done)
     where sources.id = file.id`,
    [...columnsOf(moved), isRead, isRestarted, isDone],
  );
}

function isCutAlready(identity: Identity, file: ListedFile): boolean {
  if (identity.kind !== 'same' && identity.kind !== 'renamed') return false;
  return identity.source.state === 'cut' && hasGrownBy(identity.source, file) === 0;
}

function hasGrownBy(source: KnownSource, file: ListedFile): number {
  return file.stat.size_bytes - source.sealed_bytes;
}

function columnsOf(registered: Registered[]): unknown[][] {
  return [
    registered.map(({ source }) => source),
    registered.map(({ file }) => file.path),
    registered.map(({ file }) => String(file.stat.device)),
    registered.map(({ file }) => String(file.stat.inode)),
    registered.map(({ file }) => file.stat.size_bytes),
    registered.map(({ file }) => String(file.stat.modified_ns)),
    registered.map(({ file }) => String(file.stat.changed_ns)),
  ];
}

async function closeListing(tx: Transaction, scan: Scan, listing: Listing, registered: Registered[]): Promise<void> {
  await tx.query(
    'insert into millrace.scan_sources (scan, source) select $1, unnest($2::int[]) on conflict do nothing',
    [scan.id, registered.map(({ source }) => source)],
  );
  const size_bytes = listing.files.reduce((sum, file) => sum + file.stat.size_bytes, 0);
  const updated = await tx.query(
    `update millrace.scans set state = 'listed', listed_at = clock_timestamp(), files = $2, size_bytes = $3, ignored = $4,
       refused = $5::jsonb
     where id = $1 and state = 'requested' returning id`,
    [scan.id, listing.files.length, size_bytes, listing.ignored, JSON.stringify(listing.refused)],
  );
  if (updated.length === 0) {
    throw new MillraceError('OFFSET_FENCED', `scan ${scan.id} was listed by another ingestor meanwhile`);
  }
}
