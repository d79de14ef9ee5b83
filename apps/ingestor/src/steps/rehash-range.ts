import { createHash } from 'node:crypto';
import type { SourceContext } from '@millrace/contracts';
import type { Database, HashedBytes } from '@millrace/postgres';
import { type Compression, isSourceError, SourceFile } from './source-file.js';

const BLOCK_BYTES = 1024 * 1024;

/** The hash of adjoining pieces of a source's file as one; null when the file no longer has them, or is not there now. */
export async function rehashRange(db: Database, source: number, pieces: HashedBytes[]): Promise<Buffer | null> {
  const [row] = await db.query<{ path: string; compression: Compression; context: SourceContext | null }>(
    `select path, compression, context from millrace.sources where id = $1 and kind = 'file'`,
    [source],
  );
  if (!row) return null;
  try {
    const file = await SourceFile.open(row.path, row.compression, Infinity, row.context);
    try {
      return await hashPieces(file, pieces);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isSourceError(error)) return null;
    throw error;
  }
}

async function hashPieces(file: SourceFile, pieces: HashedBytes[]): Promise<Buffer | null> {
  const whole = createHash('sha256');
  for (const { byte_start, byte_end, content_hash } of pieces) {
    const piece = createHash('sha256');
    for (let at = byte_start; at < byte_end; at += BLOCK_BYTES) {
      const block = await file.readRange(at, Math.min(at + BLOCK_BYTES, byte_end));
      whole.update(block);
      piece.update(block);
    }
    if (!piece.digest().equals(content_hash)) return null;
  }
  return whole.digest();
}
