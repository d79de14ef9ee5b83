import type { Database, Transaction } from '@millrace/postgres';
import { type FileStatRow, fileStatFrom, isSameInode, STAT_COLUMNS } from './file-stat.js';
import type { KnownSource, RecordedContent, SourceState } from './identify-file.js';
import type { ListedFile } from './list-files.js';

type Queryable = Pick<Database | Transaction, 'query'>;

interface SourceRow extends FileStatRow {
  id: number;
  path: string;
  sealed_bytes: number;
  state: SourceState;
  has_chunks: boolean;
}

/** The sources of a dataset that could be one of the listed files, found by path and by inode in one query. */
export class KnownSources {
  private readonly byPath: Map<string, KnownSource[]>;
  private readonly byInode: Map<bigint, KnownSource[]>;
  private readonly taken = new Set<number>();

  private constructor(sources: KnownSource[]) {
    this.byPath = Map.groupBy(sources, (source) => source.path);
    this.byInode = Map.groupBy(sources, (source) => source.stat.inode);
  }

  static async load(db: Queryable, dataset: string, files: ListedFile[]): Promise<KnownSources> {
    const rows = await db.query<SourceRow>(
      `select id, path, ${STAT_COLUMNS}, sealed_bytes::float8, state, exists (select from millrace.chunks where source = id) as has_chunks
       from millrace.sources
       where dataset = $1 and kind = 'file'
         and (path = any ($2::text[]) or (device, inode) in (select * from unnest($3::bigint[], $4::bigint[])))
       order by id desc`,
      [
        dataset,
        files.map((file) => file.path),
        files.map((file) => String(file.stat.device)),
        files.map((file) => String(file.stat.inode)),
      ],
    );
    return new KnownSources(rows.map(sourceOf));
  }

  /** Sources with the file's path or inode that no other file was found to be; newest first. */
  candidatesFor(file: ListedFile): KnownSource[] {
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

function sourceOf(row: SourceRow): KnownSource {
  return {
    id: row.id,
    path: row.path,
    stat: fileStatFrom(row),
    sealed_bytes: row.sealed_bytes,
    state: row.state,
    has_chunks: row.has_chunks,
  };
}

/** What was recorded of a source's bytes, in the order of the file. */
export async function recordedContent(db: Queryable, source: number): Promise<RecordedContent> {
  const [{ header, header_end }] = await db.query<{ header: Buffer | null; header_end: number | null }>(
    'select header, header_end::float8 from millrace.sources where id = $1',
    [source],
  );
  const chunks = await db.query<RecordedContent['chunks'][number]>(
    `select byte_start::float8, byte_end::float8, content_hash from millrace.chunks where source = $1 order by chunk`,
    [source],
  );
  return { header, header_end, chunks };
}
