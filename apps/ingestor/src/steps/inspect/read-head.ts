import type { SourceContext } from '@millrace/contracts';
import { type Compression, SourceFile } from '../source-file.js';

/** So much of a source's content is looked at. */
export const HEAD_BYTES = 256 * 1024;

export interface Head {
  bytes: Buffer;
  /** Whether it is all of the content. */
  complete: boolean;
}

export interface ReadableFile {
  path: string;
  compression: Compression;
  /** To be read up to here, of a compressed file its compressed size. */
  sealed_bytes: number;
  /** See `SourceFile.open`. */
  roots?: readonly string[] | null;
}

/**
 * The first bytes of a source's content.
 * @param context as far as it is known: its format and encoding say what is content
 * @throws MillraceError SOURCE_*
 */
export async function readHead(
  { path, compression, sealed_bytes, roots }: ReadableFile,
  context: SourceContext | null,
): Promise<Head> {
  const file = await SourceFile.open(path, compression, sealed_bytes, context, roots);
  try {
    const isAsItStands = compression === null && context === null;
    const size = isAsItStands ? Math.min(HEAD_BYTES + 1, sealed_bytes) : HEAD_BYTES + 1;
    const bytes = Buffer.allocUnsafe(size);
    const filled = await file.readInto(bytes, 0);
    return { bytes: bytes.subarray(0, Math.min(filled, HEAD_BYTES)), complete: filled <= HEAD_BYTES };
  } finally {
    await file.close();
  }
}
