import { Readable } from 'node:stream';
import { createGunzip, type Gunzip } from 'node:zlib';
import { LIMITS, MillraceError } from '@millrace/contracts';

/** Fills `into` from `position` of a file on; less only at its end. */
export type RawReader = (into: Uint8Array, position: number) => Promise<number>;

const INPUT_BYTES = 64 * 1024;
const OUTPUT_BYTES = 256 * 1024;
/** Kept of what was read: the cutter steps back by a record at each chunk. */
const HISTORY_BYTES = 2 * LIMITS.chunk_bytes;
/** Uncompressed bytes for one compressed byte, over all that was read. No table comes near it; gzip's own bound is 1032. */
const MAX_EXPANSION = 1000;

/**
 * A gzip file (of one or more members) by positions in its uncompressed bytes. Reading forward and a little back is
 * cheap; reading further back begins anew. Holds some MiB, whatever the file's size.
 *
 * Throws MillraceError SOURCE_UNREADABLE where the file is broken, cut off, or goes on with something else than gzip
 * (zeros are padding), and SOURCE_REFUSED where it expands beyond all measure.
 */
export class GzipReader {
  private gunzip: Gunzip | undefined;
  private output: AsyncIterator<Buffer> | undefined;
  /** What was read last, without gaps, up to `position`. */
  private history: { start: number; bytes: Buffer }[] = [];
  private position = 0;
  private size: number | undefined;

  /** @param limit_bytes of the compressed file: what comes behind is not there */
  constructor(
    private readonly path: string,
    private readonly readRaw: RawReader,
    private readonly limit_bytes: number,
  ) {}

  /** Fills `target` from `start` on. @returns bytes read: less than the target only at the end */
  async readInto(target: Uint8Array, start: number): Promise<number> {
    if (start < (this.history[0]?.start ?? this.position)) await this.rewind();
    let filled = 0;
    while (filled < target.length) {
      const at = start + filled;
      const block = this.history.findLast((each) => each.start <= at);
      const bytes = block?.bytes.subarray(at - block.start);
      if (bytes?.length) filled += bytes.copy(target, filled);
      else if (!(await this.advance())) break;
    }
    return filled;
  }

  /** The uncompressed size. The first call reads all that is left, and thereby checks it. */
  async contentSize(): Promise<number> {
    while (this.size === undefined) await this.advance();
    return this.size;
  }

  async close(): Promise<void> {
    await this.rewind();
  }

  private async rewind(): Promise<void> {
    await this.output?.return?.();
    this.output = undefined;
    this.gunzip = undefined;
    this.history = [];
    this.position = 0;
  }

  /** Reads one more block. @returns false at the end */
  private async advance(): Promise<boolean> {
    if (this.position === this.size) return false;
    this.output ??= this.start();
    try {
      const { value: bytes, done } = await this.output.next();
      if (done) await this.requireNothingBehind();
      else this.keep(bytes);
      if (done) this.size = this.position;
      return !done;
    } catch (cause) {
      const error = this.failureOf(cause);
      await this.rewind();
      throw error;
    }
  }

  private keep(bytes: Buffer): void {
    this.history.push({ start: this.position, bytes });
    this.position += bytes.length;
    const oldest = this.position - HISTORY_BYTES;
    while (this.history[0].start + this.history[0].bytes.length <= oldest) this.history.shift();
    if (this.position <= MAX_EXPANSION * this.consumed_bytes) return;
    throw this.failure(
      'SOURCE_REFUSED',
      `expands to over ${MAX_EXPANSION} times its size at byte ${this.consumed_bytes}`,
    );
  }

  private start(): AsyncIterator<Buffer> {
    const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
    const input = Readable.from(this.compressed(), { highWaterMark: 1 });
    input.on('error', (error) => gunzip.destroy(error));
    gunzip.on('close', () => input.destroy());
    input.pipe(gunzip);
    this.gunzip = gunzip;
    return gunzip[Symbol.asyncIterator]();
  }

  private async *compressed(): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.limit_bytes; ) {
      const block = Buffer.allocUnsafe(Math.min(INPUT_BYTES, this.limit_bytes - at));
      const size = await this.readRaw(block, at);
      if (size === 0) return;
      yield block.subarray(0, size);
      at += size;
    }
  }

  private failureOf(cause: unknown): unknown {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    if (cause instanceof MillraceError || !/^(Z_|ERR_)/.test(code)) return cause;
    const from = this.consumed_bytes;
    if (code === 'Z_BUF_ERROR') {
      return this.failure('SOURCE_UNREADABLE', `is cut off: its gzip data ends early, at byte ${from}`, cause);
    }
    const to = Math.min(from + INPUT_BYTES, this.limit_bytes);
    return this.failure('SOURCE_UNREADABLE', `is no sound gzip between bytes ${from} and ${to}: ${message}`, cause);
  }

  /** Behind the last member zlib looks no further than to a zero. */
  private async requireNothingBehind(): Promise<void> {
    const block = Buffer.allocUnsafe(INPUT_BYTES);
    for (let at = this.consumed_bytes; at < this.limit_bytes; ) {
      const size = await this.readRaw(block.subarray(0, Math.min(block.length, this.limit_bytes - at)), at);
      if (size === 0) return;
      const other = block.subarray(0, size).findIndex((byte) => byte !== 0);
      if (other >= 0) {
        throw this.failure('SOURCE_UNREADABLE', `goes on at byte ${at + other}, behind the end of its gzip data`);
      }
      at += size;
    }
  }

  private get consumed_bytes(): number {
    return this.gunzip?.bytesWritten ?? 0;
  }

  private failure(code: 'SOURCE_UNREADABLE' | 'SOURCE_REFUSED', what: string, cause?: unknown): MillraceError {
    return new MillraceError(code, `${this.path} ${what}`, { place: { file: this.path }, cause });
  }
}
