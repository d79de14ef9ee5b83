import { CHUNK_FLAG, type MillraceError, type SourceContext } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import { CHUNK_COLUMNS, type ChunkRow } from './chunk-row.js';
import type { OpenSource } from './cut-source.js';
import { type FileStatRow, fileStatFrom, STAT_COLUMNS } from './file-stat.js';
import type { SourceState } from './identify-file.js';
import type { ObservedSource } from './inspection.js';

/** A source that is worked at, as its row stood when the work began. */
export interface ClaimedSource extends OpenSource {
  state: SourceState;
  /** Whether it was read while it was written, so that its content has to be verified once it is sealed. */
  was_live: boolean;
  /** Whether a watch looks after it: where its file has gone is the watch's to find out. */
  is_watched: boolean;
  /** The directory it was found in, of a watched one. */
  directory: string | null;
  context: SourceContext | null;
  /** What was found out about it before it was cut; null: nothing yet. */
  observed: ObservedSource | null;
  /** As the last scan of it wants its chunks; null: as they are. */
  chunk_bytes: number | null;
  /** Whether it is decided how the source is read: not before there is more of it, or never, as it cannot be read. */
  decision: 'made' | 'later' | MillraceError;
  /** When the bytes that are not read yet were first seen, epoch milliseconds. */
  arrived_ms: number | undefined;
}

type SourceRow = FileStatRow &
  Omit<ClaimedSource, 'stat' | 'last' | 'tail' | 'arrived_ms' | 'decision'> & { arrived_ms: number | null };

export interface ClaimBounds {
  sources: number;
  /** Bytes to be read, by the last listing; a single source always passes. */
  size_bytes: number;
}

/**
 * Sources with work left that no other ingestor is at: first those that are being written, whose data somebody waits for.
 * @param waiting sources of this ingestor that only wait for outcomes: wanted when there is more to be cut
 * @param later sources that are not wanted now
 */
export async function findWork(
  db: Database,
  dataset: string,
  owner: string,
  waiting: number[],
  later: number[],
  bounds: ClaimBounds,
): Promise<number[]> {
  const rows = await db.query<{ id: number; size_bytes: number }>(
    `select id, greatest(sealed_bytes - coalesce(
         (select byte_end from millrace.chunks where source = id order by chunk desc limit 1), 0), 0)::float8 as size_bytes
     from millrace.sources
     where dataset = $1 and kind = 'file' and not settled and id <> all ($4::int[])
       and (state = 'registered' or id <> all ($3::int[]))
       and not (state = 'registered' and compression is not null and not sealed)
       and not exists (select from millrace.leases
         where subject = 'source:' || id and owner <> $2 and until > clock_timestamp())
     order by sealed, id limit $5`,
    [dataset, owner, waiting, later, bounds.sources],
  );
  const ids: number[] = [];
  let left_bytes = bounds.size_bytes;
  for (const { id, size_bytes } of rows) {
    left_bytes -= size_bytes;
    if (left_bytes < 0 && ids.length > 0) break;
    ids.push(id);
  }
  return ids;
}

/** Read after the lease was taken: what others did before is in it. Sources that they settled are left out. */
export async function openSources(db: Database, ids: number[]): Promise<ClaimedSource[]> {
  // Together: data waits for it.
  const [rows, last, tails] = await Promise.all([
    db.query<SourceRow>(
      `select sources.id, sources.path, ${STAT_COLUMNS}, sealed_bytes::float8, sealed, compression, header, header_end::float8,
         state, watch is not null as was_live, watches.id is not null as is_watched, watches.path as directory, context, observed,
         array(select path from millrace.watches where watches.id = sources.watch union all
           (select scans.path from millrace.scan_sources join millrace.scans on scans.id = scan
            where source = sources.id order by scan desc limit 1)) as roots,
         (select (plan->>'chunk_bytes')::int from millrace.scan_sources join millrace.scans on scans.id = scan
          where source = sources.id order by scan desc limit 1) as chunk_bytes,
         extract(epoch from arrived_at)::float8 * 1000 as arrived_ms
       from millrace.sources left join millrace.watches on watches.id = sources.watch and removed_at is null
       where sources.id = any ($1::int[]) and not settled order by sealed, sources.id`,
      [ids],
    ),
    lastChunks(db, ids, 'true'),
    lastChunks(db, ids, `flags <> ${CHUNK_FLAG.grown_after_seal}`),
  ]);
  return rows.map(({ device, inode, size_bytes, modified_ns, changed_ns, arrived_ms, ...row }) => ({
    ...row,
    stat: fileStatFrom({ device, inode, size_bytes, modified_ns, changed_ns }),
    last: last.get(row.id) ?? null,
    tail: tails.get(row.id) ?? null,
    decision: 'made' as const,
    arrived_ms: arrived_ms === null ? undefined : Math.round(arrived_ms),
  }));
}

async function lastChunks(db: Database, sources: number[], condition: string): Promise<Map<number, ChunkRow>> {
  const rows = await db.query<ChunkRow>(
    `select last.* from unnest($1::int[]) as wanted (id) cross join lateral (
       select ${CHUNK_COLUMNS} from millrace.chunks where source = wanted.id and ${condition} order by chunk desc limit 1
     ) as last`,
    [sources],
  );
  return new Map(rows.map((row) => [row.source, row]));
}
