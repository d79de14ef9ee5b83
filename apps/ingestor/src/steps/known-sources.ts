import type { SourceContext } from '@millrace/contracts';
import type { Database, Transaction } from '@millrace/postgres';
import { type FileStatRow, fileStatFrom, isSameInode, STAT_COLUMNS } from './file-stat.js';
import type { KnownSource } from './identify-file.js';
import type { ListedFile } from './list-files.js';
import { isDirectSource } from './source-file.js';
import type { RecordedContent } from './verify-content.js';

type Queryable = Pick<Database | Transaction, 'query'>;

/** As the row stood when it was compared with the file. */
export interface WatchedSource extends KnownSource {
  /** The watch that follows it, if any. */
  watch: number | null;
  /** Where what was recorded of it ends. */
  read_bytes: number;
  /** Whether that is a position in the file itself, and not in text that is made of it. */
  is_direct: boolean;
}

type SourceRow = FileStatRow & Omit<WatchedSource, 'stat' | 'is_direct'> & { context: SourceContext | null };

const SOURCE_COLUMNS = `id, path, ${STAT_COLUMNS}, sealed_bytes::float8, state, sealed, compression, context, watch::float8,
  last.byte_end is not null as has_chunks, coalesce(last.byte_end, header_end, 0)::float8 as read_bytes`;
const SOURCES = `millrace.sources left join lateral (
  select byte_end from millrace.chunks where source = id order by chunk desc limit 1) as last on true`;

/** The sources of a dataset that could be one of the listed files, found by path and by inode in one query. */
export class KnownSources {
  private readonly byId: Map<number, WatchedSource>;
  private readonly byPath: Map<string, WatchedSource[]>;
  private readonly byInode: Map<bigint, WatchedSource[]>;
  private readonly taken = new Set<number>();

  private constructor(sources: WatchedSource[]) {
    this.byId = new Map(sources.map((source) => [source.id, source]));
    this.byPath = Map.groupBy(sources, (source) => source.path);
    this.byInode = Map.groupBy(sources, (source) => source.stat.inode);
  }

  static async load(db: Queryable, dataset: string, files: ListedFile[]): Promise<KnownSources> {
    const rows = await db.query<SourceRow>(
      `select ${SOURCE_COLUMNS} from ${SOURCES}
       where dataset = $1 and kind = 'file' and (path = any ($2::text[]) or inode = any ($3::bigint[]))
       order by id desc`,
      [dataset, files.map((file) => file.path), files.map((file) => String(file.stat.inode))],
    );
    return new KnownSources(rows.map(sourceOf));
  }

  get(source: number): WatchedSource | undefined {
    return this.byId.get(source);
  }

  /** Sources with the file's path or inode that no other file was found to be; newest first. */
  candidatesFor(file: ListedFile): WatchedSource[] {
    const here = this.byPath.get(file.path) ?? [];
    const linked = (this.byInode.get(file.stat.inode) ?? []).filter(
      (source) => source.path !== file.path && isSameInode(source.stat, file.stat),
    );
    return [...here, ...linked].filter((source) => !this.taken.has(source.id));
  }

  take(source: KnownSource): void {
    this.taken.add(source.id);
  }
}

/** Sources that a watch follows: those that may still grow, and those that are sealed and not read to their end. */
export async function followedSources(db: Queryable, watch: number): Promise<WatchedSource[]> {
  const rows = await db.query<SourceRow>(
    `select ${SOURCE_COLUMNS} from ${SOURCES}
     where watch = $1 and kind = 'file' and state in ('registered', 'live') order by id`,
    [watch],
  );
  return rows.map(sourceOf);
}

/** Locks rows and gives them as they are now, by id. */
export async function lockSources(tx: Transaction, ids: number[]): Promise<Map<number, WatchedSource>> {
  // First the locks: what one statement reads beside a row that it had to wait for may be older than the row.
  await tx.query('select from millrace.sources where id = any ($1::int[]) order by id for no key update', [ids]);
  const rows = await tx.query<SourceRow>(`select ${SOURCE_COLUMNS} from ${SOURCES} where id = any ($1::int[])`, [ids]);
  return new Map(rows.map((row) => [row.id, sourceOf(row)]));
}

function sourceOf({ device, inode, size_bytes, modified_ns, changed_ns, context, ...row }: SourceRow): WatchedSource {
  const stat = fileStatFrom({ device, inode, size_bytes, modified_ns, changed_ns });
  return { ...row, stat, is_direct: isDirectSource(row.compression, context) };
}

interface ContentRow {
  source: number;
  byte_start: number;
  byte_end: number;
  content_hash: Buffer;
}

/**
 * What was recorded of sources' bytes, in the order of each file.
 * @param last so many of the last pieces of each; default all
 */
export async function recordedContents(
  db: Queryable,
  sources: number[],
  last: number | null = null,
): Promise<Map<number, RecordedContent>> {
  const [headers, pieces] = await Promise.all([
    db.query<{ id: number; context: SourceContext | null; header: Buffer | null; header_end: number | null }>(
      'select id, context, header, header_end::float8 from millrace.sources where id = any ($1::int[])',
      [sources],
    ),
    db.query<ContentRow>(
      `select wanted.id as source, piece.byte_start::float8, piece.byte_end::float8, piece.content_hash
       from unnest($1::int[]) as wanted (id) cross join lateral (
         (select byte_start, byte_end, content_hash from millrace.chunks where source = wanted.id
          order by chunk desc limit $2)
         union all
         (select byte_start, byte_end, content_hash from millrace.ranges where source = wanted.id
          order by chunk_from desc limit $2)
         order by byte_start desc limit $2) as piece
       order by wanted.id, piece.byte_start`,
      [sources, last],
    ),
  ]);
  const bySource = Map.groupBy(pieces, ({ source }) => source);
  return new Map(headers.map(({ id, ...source }) => [id, { ...source, chunks: bySource.get(id) ?? [] }]));
}
