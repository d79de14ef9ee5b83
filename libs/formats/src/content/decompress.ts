import { Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { MillraceError } from '@millrace/contracts';
import { blocksOf, INPUT_BYTES, type LimitedFile } from './compressed-file.js';
import type { Compression } from './content.js';
import type { ExpansionBounds } from './expansion.js';
import { failure } from './failure.js';
import { FrameSplitter } from './zstd-frames.js';

const OUTPUT_BYTES = 256 * 1024;

/** One of zlib's streams: it counts what it has taken in. */
type Engine = Transform & { readonly bytesWritten: number };

/**
 * The uncompressed bytes of a file: of one or more gzip members, behind which only zeros may stand, or of zstd frames.
 * Throws MillraceError SOURCE_UNREADABLE where the file is broken, cut off, or goes on with something else, and SOURCE_REFUSED
 * where it expands beyond all measure.
 */
export async function* decompressed(
  file: LimitedFile,
  compression: Compression,
  bounds: ExpansionBounds,
): AsyncGenerator<Buffer> {
  if (compression === null) {
    yield* blocksOf(file);
    return;
  }
  const isGzip = compression === 'gzip';
  const frames = new FrameSplitter(file.path);
  const engine: Engine = isGzip
    ? createGunzip({ chunkSize: OUTPUT_BYTES })
    : createZstdDecompress({ chunkSize: OUTPUT_BYTES });
  let consumed = 0;
  try {
    let size = 0;
    for await (const bytes of through(engine, isGzip ? blocksOf(file) : frames.split(blocksOf(file)))) {
      size += bytes.length;
      consumed = isGzip ? engine.bytesWritten : frames.passed_bytes;
      requireMeasure(file.path, size, consumed, bounds);
      yield bytes;
    }
    consumed = engine.bytesWritten;
    if (isGzip) await requireZeros(file, consumed);
  } catch (cause) {
    throw failureOf(cause, compression, file, isGzip ? engine.bytesWritten : frames.passed_bytes);
  }
}

function through(engine: Engine, blocks: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  const input = Readable.from(blocks, { highWaterMark: 1 });
  input.on('error', (error) => engine.destroy(error));
  engine.on('close', () => input.destroy());
  input.pipe(engine);
  return engine;
}

function requireMeasure(path: string, size: number, consumed: number, bounds: ExpansionBounds): void {
  if (size > bounds.size_bytes)
    throw failure(path, 'SOURCE_REFUSED', `has over ${bounds.size_bytes} bytes of text: split it`);
  if (size <= Math.max(bounds.free_bytes, bounds.ratio * consumed)) return;
  const what = `expands to over ${bounds.ratio} times its size at byte ${consumed}`;
  throw failure(path, 'SOURCE_REFUSED', `${what}: if that is what it should hold, bring it unpacked`);
}

function failureOf(cause: unknown, compression: string, { path, limit_bytes }: LimitedFile, from: number): unknown {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (cause instanceof MillraceError || !/^(Z_|ZSTD_|ERR_)/.test(code)) return cause;
  if (code === 'Z_BUF_ERROR') {
    return failure(path, 'SOURCE_UNREADABLE', `is cut off: its ${compression} data ends early, at byte ${from}`, cause);
  }
  const to = Math.min(from + INPUT_BYTES, limit_bytes);
  const where = `between bytes ${from} and ${to}`;
  return failure(path, 'SOURCE_UNREADABLE', `is no sound ${compression} ${where}: ${message}`, cause);
}

/** Behind the last member zlib looks no further than to a zero. */
async function requireZeros(file: LimitedFile, from: number): Promise<void> {
  let at = from;
  for await (const block of blocksOf(file, from)) {
    const other = block.findIndex((byte) => byte !== 0);
    if (other >= 0) {
      const what = `goes on at byte ${at + other}, behind the end of its gzip data`;
      throw failure(file.path, 'SOURCE_UNREADABLE', what);
    }
    at += block.length;
  }
}
