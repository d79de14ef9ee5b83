import { MillraceError } from '@millrace/contracts';
import type { Transaction } from '@millrace/postgres';
import { type FileStat, isSameInode, statOf } from './file-stat.js';
import { lockSources, type WatchedSource } from './known-sources.js';
import { errorJson } from './record-cuts.js';

/** A followed source whose file is found under no name any more, or was cut off. */
export interface MissingFile {
  source: number;
  path: string;
  stat: FileStat;
  /** Missed for long: what is not published by now will not be. */
  is_overdue: boolean;
}

export type MissingEnd =
  | { kind: 'busy' }
  /** It ended before, or is no longer what it was when it was missed. */
  | { kind: 'other' }
  /** `error` null: all that was seen of it was read. */
  | { kind: 'ended'; error: MillraceError | null };

/**
 * Ends sources whose files are gone: as cut when all bytes that were seen of them are recorded, red otherwise. One that is
 * being read at this moment may still be read to its end by who has it open: that is `busy`.
 * @param tx in which the watch is known to be this process's
 */
export async function endMissing(
  tx: Transaction,
  watch: number,
  missing: MissingFile[],
): Promise<{ file: MissingFile; end: MissingEnd }[]> {
  const ids = missing.map(({ source }) => source);
  const rows = await lockSources(tx, ids);
  const leased = await tx.query<{ source: number }>(
    `select id as source from unnest($1::int[]) as wanted (id)
     join millrace.leases on subject = 'source:' || id where until > clock_timestamp()`,
    [ids],
  );
  const unpublished = await tx.query<{ source: number }>(
    `select distinct source from millrace.chunk_outcomes
     where source = any ($1::int[]) and published_at is null and not resolved`,
    [ids],
  );
  const busy = new Set(leased.map(({ source }) => source));
  const recorded = new Set(unpublished.map(({ source }) => source));
  const ends: { file: MissingFile; end: MissingEnd }[] = [];
  for (const file of missing) {
    const row = rows.get(file.source);
    const isIts = row?.watch === watch && row.path === file.path && isSameInode(row.stat, file.stat);
    const pending = { is_leased: busy.has(file.source), is_unpublished: recorded.has(file.source) };
    const end = isIts ? endOf(row, { ...file, ...pending }, await statOf(file.path)) : ({ kind: 'other' } as const);
    ends.push({ file, end });
  }
  await writeEnds(tx, ends);
  return ends;
}

interface Pending {
  is_leased: boolean;
  /** Chunks were recorded, and may never have been published. */
  is_unpublished: boolean;
  is_overdue: boolean;
}

/** @param now what the source's path leads to */
export function endOf(source: WatchedSource, pending: Pending, now: FileStat | null): MissingEnd {
  const { state, path, stat, is_direct, read_bytes, sealed_bytes } = source;
  if (state !== 'registered' && state !== 'live') return { kind: 'other' };
  if (pending.is_leased && (state === 'registered' || pending.is_unpublished)) return { kind: 'busy' };
  if (pending.is_unpublished && !pending.is_overdue) return { kind: 'busy' };
  const isRead = is_direct && read_bytes >= sealed_bytes;
  if (isRead && !pending.is_unpublished) return { kind: 'ended', error: null };
  const unread = isRead || !is_direct ? 'all of it' : `its last ${sealed_bytes - read_bytes} bytes`;
  const isCutOff = now !== null && isSameInode(now, stat);
  const what = isCutOff ? 'cut off' : now ? 'replaced' : 'deleted';
  const message = `${path} was ${what} before ${unread} could be read`;
  const code = isCutOff ? 'SOURCE_CHANGED' : 'SOURCE_VANISHED';
  return { kind: 'ended', error: new MillraceError(code, message, { place: { file: path } }) };
}

async function writeEnds(tx: Transaction, ends: { file: MissingFile; end: MissingEnd }[]): Promise<void> {
  const ended = ends.flatMap(({ file, end }) => (end.kind === 'ended' ? [{ id: file.source, error: end.error }] : []));
  if (ended.length === 0) return;
  const stateOf = (error: MillraceError | null) =>
    !error ? 'cut' : error.code === 'SOURCE_CHANGED' ? 'changed' : 'vanished';
  await tx.query(
    `update millrace.sources set sealed = true, state = ended.state, error = ended.error
     from unnest($1::int[], $2::text[], $3::jsonb[]) as ended (id, state, error) where sources.id = ended.id`,
    [ended.map(({ id }) => id), ended.map(({ error }) => stateOf(error)), ended.map(({ error }) => errorJson(error))],
  );
}
