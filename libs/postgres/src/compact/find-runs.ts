import { CHUNK_FLAG } from '@millrace/contracts';
import type { Queryable } from '../database.js';

/** A source whose chunks may be merged. */
export interface CompactableSource {
  source: number;
  dataset: string;
  kind: string;
  settled: boolean;
}

/** What a range of chunks covers: a single chunk, or chunks that were merged before. */
export interface Piece {
  chunk_from: number;
  chunk_to: number;
  byte_start: number;
  byte_end: number;
  first_record: number;
  /** Of a file; of an inbox the range's own end bounds it. */
  last_record: number;
  content_hash: Buffer | null;
}

/** Pieces without a gap between them, to be merged into one range. */
export interface Run extends CompactableSource {
  /** In order; ranges of earlier times stand before and behind the chunks. */
  pieces: Piece[];
  chunks: number;
}

/** A file's range is hashed anew when it grows, so it may not grow for ever. */
const FILE_RANGE_BYTES = 64 * 1024 * 1024;

/**
 * Sources of live data with more than one chunk. A file that can no longer be read as it was recorded has no merged hash:
 * it stays as it is.
 */
export async function compactableSources(db: Queryable, dataset: string | undefined): Promise<CompactableSource[]> {
  return db.query(
    `select s.id as source, s.dataset, s.kind, s.settled from millrace.sources s
     where ($1::text is null or s.dataset = $1)
       and (s.kind = 'inbox' or s.state not in ('changed', 'vanished', 'failed') and (s.watch is not null or s.state = 'live'))
       and exists (select from millrace.chunks c where c.source = s.id offset 1)
     order by s.id`,
    [dataset ?? null],
  );
}

interface ChunkState extends Piece {
  resolved: boolean;
  /** Every record of it is written, a duplicate or rejected. */
  balanced: boolean;
}

export interface Page {
  runs: Run[];
  /** Where to go on; null at the end, and where nothing is resolved any more. */
  after: number | null;
}

/**
 * The runs among the next chunks of a source, up to `limit` of them. Its last chunk is left alone: from there it goes on, and
 * so is what grew behind the last one that was cut as it should.
 */
export async function findRuns(db: Queryable, source: CompactableSource, after: number, limit: number): Promise<Page> {
  const chunks = await db.query<ChunkState>(
    `select c.chunk as chunk_from, c.chunk as chunk_to, c.byte_start, c.byte_end, c.first_record,
       c.first_record + c.records - 1 as last_record, c.content_hash, o.resolved,
       o.resolved and not o.failed and c.published_at is not null
         and c.byte_start is not null and c.byte_end is not null and c.first_record is not null
         and l.failed = 0 and c.records = l.rows + m.rejected as balanced
     from (
       select * from millrace.chunks where source = $1 and chunk > $2 and chunk < (
         select chunk from millrace.chunks where source = $1 and flags & ${CHUNK_FLAG.grown_after_seal} = 0
         order by chunk desc limit 1)
       order by chunk limit $3) c
     join millrace.chunk_outcomes o on o.source = c.source and o.chunk = c.chunk
     left join millrace.manifests m on m.source = c.source and m.chunk = c.chunk
     cross join lateral (
       select coalesce(sum(written + duplicates + rejected), 0) as rows, coalesce(sum(failed), 0) as failed
       from millrace.ledger l where l.source = c.source and l.chunk = c.chunk) l
     order by c.chunk`,
    [source.source, after, limit],
  );
  const runs: Run[] = [];
  for (const pieces of consecutive(chunks, source)) {
    const run = await withRanges(db, { ...source, pieces, chunks: pieces.length });
    // Both beside the same range: the second one's turn comes next time.
    const before = runs[runs.length - 1]?.pieces.at(-1);
    if (!before || before.chunk_to < run.pieces[0].chunk_from) runs.push(run);
  }
  const isEnd = chunks.length < limit || !chunks.some(({ resolved }) => resolved);
  return { runs, after: isEnd ? null : chunks[chunks.length - 1].chunk_to };
}

function* consecutive(chunks: ChunkState[], { kind }: CompactableSource): Generator<Piece[]> {
  let run: Piece[] = [];
  for (const { resolved: _, balanced, ...piece } of chunks) {
    const last = run[run.length - 1];
    const goesOn =
      last && isNext(last, piece) && (kind === 'inbox' || piece.byte_end - run[0].byte_start <= FILE_RANGE_BYTES);
    if (run.length > 0 && !(balanced && goesOn)) {
      yield run;
      run = [];
    }
    if (balanced) run.push(piece);
  }
  if (run.length > 0) yield run;
}

const isNext = (before: Piece, piece: Piece): boolean =>
  piece.chunk_from === before.chunk_to + 1 && piece.byte_start === before.byte_end;

/** Takes in the ranges beside a run. */
async function withRanges(db: Queryable, run: Run): Promise<Run> {
  let pieces = run.pieces;
  for (;;) {
    const before = await rangeBeside(db, run.source, '<', pieces[0].chunk_from);
    if (!before || !isNext(before, pieces[0]) || !isWorthwhile(run, before, pieces)) break;
    pieces = [before, ...pieces];
  }
  // A hole that was filled late.
  while (run.kind === 'inbox') {
    const last = pieces[pieces.length - 1];
    const behind = await rangeBeside(db, run.source, '>', last.chunk_to);
    if (!behind || !isNext(last, behind)) break;
    pieces = [...pieces, behind];
  }
  return { ...run, pieces };
}

/** A file's bytes are read again for their merged hash: only where that at least half doubles the range before. */
function isWorthwhile({ kind }: Run, before: Piece, pieces: Piece[]): boolean {
  if (kind === 'inbox') return true;
  const { byte_end } = pieces[pieces.length - 1];
  const size = before.byte_end - before.byte_start;
  return size <= 2 * (byte_end - before.byte_end) && byte_end - before.byte_start <= FILE_RANGE_BYTES;
}

async function rangeBeside(db: Queryable, source: number, side: '<' | '>', chunk: number): Promise<Piece | undefined> {
  const [range] = await db.query<Piece>(
    `select chunk_from, chunk_to, byte_start, byte_end, first_record, last_record, content_hash from millrace.ranges
     where source = $1 and chunk_from ${side} $2 order by chunk_from ${side === '<' ? 'desc' : ''} limit 1`,
    [source, chunk],
  );
  return range;
}
