import { CHUNK_FLAG, type Dialect, LIMITS, type SourceContext } from '@millrace/contracts';
import { type CutChunk, nextChunk, type PositionalReader, readHeader } from '@millrace/csv';
import {
  findLineEnd,
  isBlankLine,
  isJsonArray,
  nextJsonChunk,
  nextJsonLines,
  readJsonBegin,
  readLinesBegin,
  requireArrayEnd,
} from '@millrace/formats';
import type { ChunkRow } from './chunk-row.js';
import { findGrowth } from './find-growth.js';
import type { SourceFile } from './source-file.js';

export interface FoundHeader {
  header: Buffer;
  /** Where records begin. */
  header_end: number;
}

/** What is cut, and how far. */
export interface Cutting {
  file: SourceFile;
  /** Reads it, for chunks; it may lend them. */
  read: PositionalReader;
  header: Buffer;
  /** Of the text; not known for Parquet, whose row groups tell theirs. */
  end: number;
  sealed: boolean;
  chunk_bytes?: number;
}

/** How the text of a format is cut. Each gives the same chunks for the same bytes, wherever it begins. */
export interface SourceCutter {
  /** Whether a source that may still grow can be cut. */
  cutsGrowing: boolean;
  /** @returns null when there is no header (yet) */
  readHeader(file: SourceFile, end: number, sealed: boolean): Promise<FoundHeader | null>;
  /** @param flags of the chunk before @returns null when nothing is left */
  nextChunk(cutting: Cutting, from: number, flags: number): Promise<CutChunk | null>;
  /**
   * Where what has grown behind the last recorded chunk ends, which is one reject: `from` when nothing has, null when its end has
   * not come yet. See findGrowth.
   */
  growthEnd(cutting: Cutting, tail: ChunkRow | null, from: number): Promise<number | null>;
  /** Once all is cut. @throws MillraceError SOURCE_UNREADABLE when more should have come */
  requireEnd(cutting: Cutting): Promise<void>;
}

/** @param context null: CSV of the plain dialect */
export function cutterOf(context: SourceContext | null): SourceCutter {
  switch (context?.format) {
    case 'json_lines':
      return jsonLines;
    case 'json':
      return json;
    case 'parquet':
      return parquet;
    default:
      return csvOf(context?.dialect ?? undefined);
  }
}

export function readerOf(file: SourceFile): PositionalReader {
  return (position, into) => file.readInto(into, position);
}

const nothingMore = async () => {};

function csvOf(dialect: Dialect | undefined): SourceCutter {
  return {
    // Where the footer begins shows at the end.
    cutsGrowing: !dialect?.footer_lines,
    readHeader: (file, end, sealed) => readHeader(readerOf(file), end, { sealed, dialect }),
    nextChunk: ({ read, header, end, sealed, chunk_bytes }, from, flags) => {
      const table = dialect && { header, other: (flags & CHUNK_FLAG.other_table) !== 0 };
      return nextChunk(read, from, end, { sealed, chunk_bytes, dialect, table });
    },
    growthEnd: ({ file, end, sealed }, tail, from) => findGrowth(readerOf(file), tail, from, end, sealed, dialect),
    requireEnd: nothingMore,
  };
}

const jsonLines: SourceCutter = {
  cutsGrowing: true,
  // A byte order mark may not be there as a whole yet.
  readHeader: async (file, end, sealed) => (sealed || end > 2 ? readLinesBegin(readerOf(file), end) : null),
  nextChunk: ({ read, end, sealed, chunk_bytes }, from) => nextJsonLines(read, from, end, { sealed, chunk_bytes }),
  growthEnd: async ({ file, end, sealed }, tail, from) => {
    if (from >= end || (await file.readRange(from - 1, from))[0] === LF) return from;
    // Nothing but blanks so far: the line is still to come.
    if (tail?.byte_end === from && tail.records === 0) return from;
    const line_end = await findLineEnd(readerOf(file), from, end);
    if (line_end === null && !sealed) return null;
    const grown_end = line_end ?? end;
    // Only the line end was missing.
    const isLineEnd = grown_end - from <= 2 && isBlankLine(await file.readRange(from, grown_end), 0, grown_end - from);
    return isLineEnd ? from : grown_end;
  },
  requireEnd: nothingMore,
};

const LF = 10;

const json: SourceCutter = {
  cutsGrowing: false,
  readHeader: (file, end) => readJsonBegin(readerOf(file), end),
  nextChunk: ({ file, header, end, chunk_bytes }, from) =>
    nextJsonChunk(readerOf(file), from, end, { chunk_bytes, inArray: isJsonArray(header) }),
  // What was cut to its end, and has none there any more, is no JSON: all that has come is one reject.
  growthEnd: async ({ file, header, end }, tail, from) => {
    if (!tail || from >= end || tail.records === 0) return from;
    const again = { chunk_records: tail.records, inArray: isJsonArray(header) };
    const same = await nextJsonChunk(readerOf(file), tail.byte_start, end, again);
    return same?.byte_end === from ? from : end;
  },
  requireEnd: async ({ file, header, end }) => {
    if (isJsonArray(header)) await requireArrayEnd(readerOf(file), end, file.path);
  },
};

/** So far a row group is read ahead. Its longest record ends within it: ParquetContent cuts longer ones off. */
const AHEAD_BYTES = LIMITS.record_bytes + 2;

/** Row groups one behind the other. A chunk never spans two. */
const parquet: SourceCutter = {
  cutsGrowing: false,
  readHeader: async (file) => readHeader(readerOf(file), await rowGroupEnd(file, 0)),
  nextChunk: async ({ file, read, chunk_bytes }, from) => {
    for (let at: number | null = from; at !== null; at = file.segments?.after(at) ?? null) {
      const cut = await nextChunk(read, at, await rowGroupEnd(file, at), { chunk_bytes });
      if (cut) return cut;
    }
    return null;
  },
  // More row groups are no growth of a record.
  growthEnd: async (_cutting, _tail, from) => from,
  requireEnd: nothingMore,
};

/** Where the row group's text ends, or somewhere behind all that is needed now. */
async function rowGroupEnd(file: SourceFile, position: number): Promise<number> {
  return file.segments?.endOf(position, AHEAD_BYTES) ?? position;
}
