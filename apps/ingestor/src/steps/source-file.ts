import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError } from '@millrace/contracts';
import { type FileStat, fileStatOf } from './file-stat.js';
import { GzipReader } from './gzip-reader.js';

export type Compression = 'gzip' | null;

const BLOCK_BYTES = 1024 * 1024;
/** Shortages of this process, not faults of the file: they end the process and the supervisor starts it again. */
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** One open input file; positions are those of its uncompressed bytes. Every error of the file itself is a MillraceError SOURCE_*: the rest of the scan goes on. */
export class SourceFile {
  private readonly gzip: GzipReader | null;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    /** As of the moment it was opened; sizes are those of the compressed file. */
    readonly stat: FileStat,
    compression: Compression,
    limit_bytes: number,
  ) {
    const limit = Math.min(limit_bytes, stat.size_bytes);
    this.gzip = compression && new GzipReader(path, (into, position) => this.readRaw(into, position), limit);
  }

  /**
   * @param limit_bytes where compressed data ends; what was added to the file since is for a later reading
   * @throws MillraceError SOURCE_VANISHED, SOURCE_UNREADABLE, or SOURCE_CHANGED when it is no regular file any more
   */
  static async open(path: string, compression: Compression = null, limit_bytes = Infinity): Promise<SourceFile> {
    // O_NONBLOCK: should a FIFO have taken the file's place, opening it must not wait for a writer.
    const handle = await attempt(path, () => open(path, constants.O_RDONLY | constants.O_NONBLOCK));
    try {
      const stats = await attempt(path, () => handle.stat({ bigint: true }));
      if (!stats.isFile())
        throw new MillraceError('SOURCE_CHANGED', `${path} is no regular file`, { place: { file: path } });
      return new SourceFile(path, handle, fileStatOf(stats), compression, limit_bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The file's stat now. */
  async restat(): Promise<FileStat> {
    return fileStatOf(await attempt(this.path, () => this.handle.stat({ bigint: true })));
  }

  /** Uncompressed bytes; of a compressed file found by reading all of it once, which checks it as well. */
  async contentSize(): Promise<number> {
    return this.gzip ? this.gzip.contentSize() : this.stat.size_bytes;
  }

  /** Fills `target` from `start` on. @returns bytes read: less than the target only at the end of the file */
  readInto(target: Uint8Array, start: number): Promise<number> {
    return this.gzip ? this.gzip.readInto(target, start) : this.readRaw(target, start);
  }

  private async readRaw(target: Uint8Array, start: number): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const { bytesRead } = await attempt(this.path, () =>
        this.handle.read(target, filled, target.length - filled, start + filled),
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  /** @throws MillraceError SOURCE_CHANGED when the file ends within the range */
  async readRange(start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(end - start);
    if ((await this.readInto(bytes, start)) < bytes.length) throw this.endsEarly(end);
    return bytes;
  }

  /** sha256 of a range of any size. @throws MillraceError SOURCE_CHANGED when the file ends within the range */
  async hashRange(start: number, end: number): Promise<Buffer> {
    const hash = createHash('sha256');
    await this.updateHash(hash, start, end);
    return hash.digest();
  }

  private async updateHash(hash: Hash, start: number, end: number): Promise<void> {
    const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, end - start));
    for (let at = start; at < end; at += block.length) {
      const wanted = block.subarray(0, Math.min(block.length, end - at));
      if ((await this.readInto(wanted, at)) < wanted.length) throw this.endsEarly(end);
      hash.update(wanted);
    }
  }

  private endsEarly(end: number): MillraceError {
    const message = `${this.path} ends before byte ${end}, which it had when it was registered`;
    return new MillraceError('SOURCE_CHANGED', message, { place: { file: this.path } });
  }

  async close(): Promise<void> {
    await this.gzip?.close();
    await this.handle.close();
  }
}

async function attempt<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (cause instanceof MillraceError || SHORTAGES.has(code)) throw cause;
    const place = { file: path };
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new MillraceError('SOURCE_VANISHED', `${path} has vanished`, { place, cause });
    }
    throw new MillraceError('SOURCE_UNREADABLE', `cannot read ${path}: ${(cause as Error).message}`, { place, cause });
  }
}

/** True for an error that concerns one source only. */
export function isSourceError(error: unknown): error is MillraceError {
  return error instanceof MillraceError && (error.code.startsWith('SOURCE_') || error.code === 'HEADER_TOO_LONG');
}
