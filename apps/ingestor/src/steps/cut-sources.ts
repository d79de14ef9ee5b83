import { CHUNK_FLAG } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import { CHUNK_COLUMNS, type ChunkRow } from './chunk-row.js';
import { type CutStep, cutSource, type OpenSource } from './cut-source.js';
import { type FileStatRow, fileStatFrom, STAT_COLUMNS } from './file-stat.js';
import type { Scan } from './pick-scan.js';

/** As many sources are read from the database at a time. */
const PAGE = 500;

interface SourceRow extends FileStatRow {
  id: number;
  path: string;
  sealed_bytes: number;
  header: Buffer | null;
  header_end: number | null;
}

/** Cuts all sources of a scan that are not at their end, one after the other in order of their numbers. */
export async function* cutSources(db: Database, scan: Scan): AsyncGenerator<CutStep> {
  for (let after = 0; ; ) {
    const sources = await openSources(db, scan, after);
    for (const source of sources) yield* cutSource(source, scan.fingerprint);
    if (sources.length < PAGE) return;
    after = sources[sources.length - 1].id;
  }
}

async function openSources(db: Database, scan: Scan, after: number): Promise<OpenSource[]> {
  const rows = await db.query<SourceRow>(
    `select id, path, ${STAT_COLUMNS}, sealed_bytes, header, header_end
     from millrace.scan_sources join millrace.sources on id = source
     where scan = $1 and id > $2 and state = 'registered' order by id limit $3`,
    [scan.id, after, PAGE],
  );
  const ids = rows.map(({ id }) => id);
  const last = await lastChunks(db, ids, 'true');
  const tails = await lastChunks(db, ids, `flags <> ${CHUNK_FLAG.grown_after_seal}`);
  return rows.map(({ id, path, sealed_bytes, header, header_end, ...stat }) => ({
    id,
    path,
    stat: fileStatFrom(stat),
    sealed_bytes,
    header,
    header_end,
    last: last.get(id) ?? null,
    tail: tails.get(id) ?? null,
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
