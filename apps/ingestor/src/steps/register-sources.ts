import { MillraceError } from '@millrace/contracts';
import { type Database, REGISTRATION_LOCK, type Transaction } from '@millrace/postgres';
import { isSameInode } from './file-stat.js';
import { type Identified, identifyFiles } from './identify-files.js';
import { lockSources, type WatchedSource } from './known-sources.js';
import type { ListedFile, Listing } from './list-files.js';
import type { Scan } from './pick-scan.js';

export interface Registered extends Identified {
  source: number;
}

export interface Registration {
  dataset: string;
  files: ListedFile[];
  /** The watch that saw them: they may still grow. Null: a scan, which seals them at the size they have. */
  watch: number | null;
  /** When they were seen, epoch milliseconds. */
  seen_ms: number;
  /** Looks at files that are new before they are registered; without it whoever cuts them does. */
  inspect?: (files: ListedFile[]) => Promise<Findings>;
}

/** What was found out about new files. */
export interface Findings {
  /** @param sourceOf the number of the source that a path has become */
  write(tx: Transaction, sourceOf: (path: string) => number | null): Promise<void>;
}

/**
 * Gives every listed file its source number: the whole list in one transaction under one lock, so that the numbers
 * are gapless and follow the sort order. Contents are compared before, outside of the lock; should another have
 * registered or changed sources in the meantime, it is all done again.
 * @param within what else belongs into the transaction
 */
export async function registerFiles(
  db: Database,
  registration: Registration,
  within: (tx: Transaction, registered: Registered[]) => Promise<void>,
): Promise<Registered[]> {
  const { dataset, files, watch } = registration;
  for (;;) {
    const last = await lastSource(db);
    const identified = await identifyFiles(db, dataset, files, watch !== null);
    const registered = number(identified, last);
    const fresh = registered.filter(({ known }) => !known);
    const moved = registered.filter((entry) => isMoved(entry, watch));
    const findings = await registration.inspect?.(registered.filter(isUnseen).map(({ file }) => file));
    const done = await db.transaction(async (tx) => {
      if (fresh.length > 0) {
        await tx.query('select pg_advisory_xact_lock($1)', [REGISTRATION_LOCK]);
        if ((await lastSource(tx)) !== last) return false;
      }
      if (!(await areAsCompared(tx, moved))) return false;
      await insertNew(tx, registration, fresh);
      await updateKnown(tx, registration, moved);
      const sources = new Map(registered.map(({ file, source }) => [file.path, source]));
      await findings?.write(tx, (path) => sources.get(path) ?? null);
      await within(tx, registered);
      return true;
    });
    if (done) return registered;
  }
}

/** Registers what a scan found, and closes its listing. */
export function registerSources(
  db: Database,
  scan: Pick<Scan, 'id' | 'dataset'>,
  listing: Listing,
  inspect?: Registration['inspect'],
): Promise<Registered[]> {
  const registration = { dataset: scan.dataset, files: listing.files, watch: null, seen_ms: Date.now(), inspect };
  return registerFiles(db, registration, (tx, registered) => closeListing(tx, scan, listing, registered));
}

async function lastSource(db: Pick<Database | Transaction, 'query'>): Promise<number> {
  const [{ last }] = await db.query<{ last: number }>('select millrace.last_source() as last');
  return last;
}

function number(identified: Identified[], last: number): Registered[] {
  let next = last;
  return identified.map((entry) => ({ ...entry, source: entry.known?.id ?? ++next }));
}

/** Whether nothing is decided about the file: it is new, or whatever it was before is not. */
function isUnseen({ known, identity }: Registered): boolean {
  return !known || identity.kind === 'restarted';
}

/** Whether the row of a known source changes. */
function isMoved({ identity, known }: Registered, watch: number | null): boolean {
  if (!known || identity.kind !== 'known') return known !== undefined;
  // A scan seals what a watch left open; a watch takes over what another one left open.
  return !known.sealed && known.watch !== watch;
}

/** Locks the sources, and tells whether each is still what it was when its content was compared. */
async function areAsCompared(tx: Transaction, moved: Registered[]): Promise<boolean> {
  if (moved.length === 0) return true;
  const rows = await lockSources(
    tx,
    moved.map(({ source }) => source),
  );
  return moved.every((entry) => {
    const now = rows.get(entry.source);
    return now !== undefined && isAsCompared(entry, now);
  });
}

function isAsCompared({ known, identity, file }: Registered, now: WatchedSource): boolean {
  const then = known as WatchedSource;
  const isShorter = file.stat.size_bytes < then.sealed_bytes;
  return (
    now.path === then.path &&
    now.sealed_bytes === then.sealed_bytes &&
    now.sealed === then.sealed &&
    isSameInode(now.stat, then.stat) &&
    isRed(now) === isRed(then) &&
    !(identity.kind === 'restarted' && now.has_chunks) &&
    !(isShorter && now.read_bytes > then.read_bytes)
  );
}

function isRed({ state }: WatchedSource): boolean {
  return state === 'changed' || state === 'vanished' || state === 'failed';
}

async function insertNew(tx: Transaction, { dataset, watch, seen_ms }: Registration, fresh: Registered[]) {
  if (fresh.length === 0) return;
  await tx.query(
    `insert into millrace.sources (id, dataset, kind, path, device, inode, size_bytes, modified_ns, changed_ns,
       sealed_bytes, compression, watch, sealed, arrived_at)
     select id, $1, 'file', path, device, inode, size, modified, changed, size, compression, $2::bigint, $2::bigint is null,
       case when $2::bigint is not null then to_timestamp($3::float8 / 1000) end
     from unnest($4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::numeric[], $10::numeric[], $11::text[])
       as file (id, path, device, inode, size, modified, changed, compression)`,
    [dataset, watch, seen_ms, ...columnsOf(fresh), fresh.map(({ file }) => file.compression)],
  );
}

/** Takes over path and stat of files that are known by their content, and sets them to be cut on where there is more. */
async function updateKnown(tx: Transaction, { watch, seen_ms }: Registration, moved: Registered[]): Promise<void> {
  if (moved.length === 0) return;
  const isRead = moved.map(({ identity }) => identity.kind !== 'unread');
  const isRestarted = moved.map(({ identity }) => identity.kind === 'restarted');
  const isDone = moved.map((entry) => hasNothingNew(entry, watch));
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
       context = case when is_restarted then null else context end,
       observed = case when is_restarted then null else observed end,
       watch = coalesce($1::bigint, watch),
       state = case when is_done then state else 'registered' end,
       error = case when is_done then error end,
       sealed = case when is_done then sealed else $1::bigint is null end,
       settled = is_done and settled,
       arrived_at = case when is_done or state = 'registered' and $1::bigint is not null and arrived_at is not null then arrived_at
         when $1::bigint is not null then to_timestamp($2::float8 / 1000) end
     from unnest($3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::numeric[], $9::numeric[],
         $10::boolean[], $11::boolean[], $12::boolean[])
       as file (id, path, device, inode, size, modified, changed, is_read, is_restarted, is_done)
     where sources.id = file.id`,
    [watch, seen_ms, ...columnsOf(moved), isRead, isRestarted, isDone],
  );
}

function hasNothingNew({ identity, known, file }: Registered, watch: number | null): boolean {
  const source = known as WatchedSource;
  if (!['known', 'same', 'renamed'].includes(identity.kind) || file.stat.size_bytes > source.sealed_bytes) return false;
  return watch === null ? source.state === 'cut' : !isRed(source);
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

async function closeListing(
  tx: Transaction,
  scan: Pick<Scan, 'id'>,
  listing: Listing,
  registered: Registered[],
): Promise<void> {
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
