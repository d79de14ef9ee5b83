import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { compressors } from 'hyparquet-compressors';
import { ParquetFault, requireThat } from './fault.js';

interface Bounds {
  maxOutputLength: number;
  chunkSize: number;
}

/** Of a page taken at once: a small page that says that it is a large one does not take more. */
const CHUNK_BYTES = 4 * 1024 * 1024;
/** The least that zlib takes. */
const LEAST_CHUNK_BYTES = 64;

/** Node's own decompression where it has the codec: it is native, and bounded. */
const NATIVE: Record<string, (bytes: Uint8Array, options: Bounds) => Uint8Array> = {
  GZIP: gunzipSync,
  BROTLI: brotliDecompressSync,
  ZSTD: zstdDecompressSync,
};

/** @throws ParquetFault when the bytes are not `size` bytes compressed */
export function decompressPage(bytes: Uint8Array, codec: string, size: number): Uint8Array {
  const page = size === 0 ? new Uint8Array(0) : inflate(bytes, codec, size);
  requireThat(page.length === size, `a page has ${page.length} bytes where ${size} should be`);
  return page;
}

function inflate(bytes: Uint8Array, codec: string, size: number): Uint8Array {
  if (codec === 'UNCOMPRESSED') return bytes;
  const own = compressors[codec as keyof typeof compressors];
  if (!NATIVE[codec] && !own) throw new ParquetFault(`the codec ${codec} is not known`);
  // One more than there should be: a chunk that becomes full asks for another.
  const chunkSize = Math.max(LEAST_CHUNK_BYTES, Math.min(CHUNK_BYTES, size + 1));
  try {
    return (
      NATIVE[codec]?.(bytes, { maxOutputLength: size, chunkSize }) ?? (own as NonNullable<typeof own>)(bytes, size)
    );
  } catch (cause) {
    throw new ParquetFault(`a page is no sound ${codec}: ${(cause as Error).message}`);
  }
}
