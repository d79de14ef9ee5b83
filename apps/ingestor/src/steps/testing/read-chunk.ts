import type { SourceContext } from '@millrace/contracts';
import type { ChunkRow, ReadChunk } from '../chunk-row.js';
import { readChunkFrom } from '../cut-source.js';
import { type Compression, SourceFile } from '../source-file.js';

/** Reads one recorded chunk of a file again. */
export async function readChunk(
  path: string,
  header: Buffer,
  row: ChunkRow,
  compression: Compression = null,
  context: SourceContext | null = null,
): Promise<ReadChunk> {
  const file = await SourceFile.open(path, compression, Infinity, context);
  try {
    return await readChunkFrom(file, header, row);
  } finally {
    await file.close();
  }
}
