import { LIMITS, MillraceError, type SourceContext } from '@millrace/contracts';
import { type Compression, SourceFile } from './source-file.js';

/** What was recorded of a source's text; positions are those of it. */
export interface RecordedContent {
  /** How the file is read. Default: as plain CSV. */
  context?: SourceContext | null;
  header: Buffer | null;
  header_end: number | null;
  /** In the order of the file: chunks, and ranges that old chunks were merged to. */
  chunks: { byte_start: number; byte_end: number; content_hash: Buffer }[];
}

/** So many bytes, or the last chunk when it is larger, stand for all when only the end is checked. */
const END_BYTES = 64 * 1024;

/**
 * Whether a file begins with exactly the recorded bytes: the header, and every range by its hash, in one sequential read.
 * @throws MillraceError SOURCE_* when it cannot be read
 */
export async function verifyContent(
  path: string,
  { context, header, header_end, chunks }: RecordedContent,
  compression: Compression,
): Promise<boolean> {
  const file = await SourceFile.open(path, compression, Infinity, context);
  try {
    if (header && header_end !== null) {
      const found = await file.readRange(header_end - header.length, header_end);
      if (!found.equals(header)) return false;
    }
    for (const { byte_start, byte_end, content_hash } of chunks) {
      if (!(await file.hashRange(byte_start, byte_end)).equals(content_hash)) return false;
    }
    return true;
  } catch (error) {
    // It ends within a range.
    if (error instanceof MillraceError && error.code === 'SOURCE_CHANGED') return false;
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * The same for the header and the last recorded chunks only: a small read, whatever the file's size. Enough for a file that
 * is written on, as all of it is verified when it is sealed.
 */
export function verifyEnd(path: string, content: RecordedContent, compression: Compression): Promise<boolean> {
  return verifyContent(path, { ...content, chunks: lastOf(content.chunks) }, compression);
}

function lastOf(chunks: RecordedContent['chunks']): RecordedContent['chunks'] {
  let from = chunks.length;
  for (let covered = 0; from > 0 && covered < END_BYTES; from--) {
    const { byte_start, byte_end } = chunks[from - 1];
    covered += byte_end - byte_start;
    if (from < chunks.length && covered > LIMITS.chunk_bytes) break;
  }
  return chunks.slice(from);
}
