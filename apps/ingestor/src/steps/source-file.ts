import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { MillraceError, type SourceContext } from '@millrace/contracts';
import { type Compression, type Content, isDirect, openContent, type Segments } from '@millrace/formats';
import { type FileStat, fileStatOf } from './file-stat.js';
import { requireWithin } from './require-within.js';

export type { Compression } from '@millrace/formats';

const BLOCK_BYTES = 1024 * 1024;
/** Shortages of this process, not faults of the file: they end the process and the supervisor starts it again. */
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** O_NONBLOCK: should a FIFO have taken the file's place, opening it must not wait for a writer. O_NOCTTY: nor a terminal become ours. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** What a source's context says about how its bytes become text; a source without one is UTF-8 text. */
function textOf(compression: Compression, context: SourceContext | null) {
  return { compression, encoding: context?.dialect?.encoding ?? 'utf-8', format: context?.format ?? 'csv' };
}

/** Whether positions in a source's text are those in its file: then it can be read while it grows. */
export function isDirectSource(compression: Compression, context: SourceContext | null): boolean {
  return isDirect(textOf(compression, context));
}

/**
 * One open input file; positions are those of its text, as UTF-8, whatever it is compressed, encoded or formatted as. Every
 * error of the file itself is a MillraceError SOURCE_*: the rest of the scan goes on.
 */
export class SourceFile {
  private readonly content: Content;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    /** As of the moment it was opened; sizes are those of the file. */
    readonly stat: FileStat,
    private readonly text: ReturnType<typeof textOf>,
    limit_bytes: number,
  ) {
    // Plain text is read as far as the file goes: what is wanted of it may have been added since it was opened.
    const size_bytes = isDirect(text) ? stat.size_bytes : Math.min(limit_bytes, stat.size_bytes);
    this.content = openContent(
      { read: (position, into) => this.readRaw(into, position) },
      { ...text, size_bytes, path },
    );
  }

  /**
   * @param limit_bytes where a file ends whose text is not its own bytes; what was added since is for a later reading
   * @param context how the file is read: its format and its dialect's encoding. null: as UTF-8 text
   * @param roots the directories it was found in, for whoever takes what was never read: a symbolic link that took its place
   * since it was listed, or that of a folder above it, may lead anywhere. null: whoever reads compares with what is recorded
   * @throws MillraceError SOURCE_VANISHED, SOURCE_UNREADABLE, SOURCE_CHANGED when it is no regular file any more, SOURCE_REFUSED
   * when it leads out of these directories
   */
  static async open(
    path: string,
    compression: Compression = null,
    limit_bytes = Infinity,
    context: SourceContext | null = null,
    roots: readonly string[] | null = null,
  ): Promise<SourceFile> {
    // Asked before, as opening a device may do something; and again, of what was opened.
    if (!(await attempt(path, () => stat(path))).isFile()) throw noFile(path);
    const handle = await attempt(path, () => open(path, OPEN_FLAGS));
    try {
      const stats = await attempt(path, () => handle.stat({ bigint: true }));
      if (!stats.isFile()) throw noFile(path);
      if (roots) await attempt(path, () => requireWithin(path, handle, stats, roots));
      return new SourceFile(path, handle, fileStatOf(stats), textOf(compression, context), limit_bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Whether positions are those in the file. */
  get isDirect(): boolean {
    return isDirect(this.text);
  }

  /** Of a Parquet file: its row groups. */
  get segments(): Segments | undefined {
    return this.content.segments;
  }

  /** The file's stat now. */
  async restat(): Promise<FileStat> {
    return fileStatOf(await attempt(this.path, () => this.handle.stat({ bigint: true })));
  }

  /** Bytes of text; of what is not read directly found by reading all of it once, which checks it as well. */
  async contentSize(): Promise<number> {
    return this.content.size();
  }

  /** Fills `target` from `start` on. @returns bytes read: less than the target only at the end of the text, or of a segment */
  readInto(target: Uint8Array, start: number): Promise<number> {
    return this.content.readInto(target, start);
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
    for (let at = start; at < end; ) {
      const wanted = block.subarray(0, Math.min(block.length, end - at));
      const filled = await this.readInto(wanted, at);
      hash.update(wanted.subarray(0, filled));
      at += filled;
      if (filled === wanted.length) continue;
      // Between segments nothing stands.
      const next = this.segments?.after(at) ?? null;
      if (next === null || next >= end) throw this.endsEarly(end);
      at = next;
    }
  }

  private endsEarly(end: number): MillraceError {
    const message = `${this.path} ends before byte ${end}, which it had when it was registered`;
    return new MillraceError('SOURCE_CHANGED', message, { place: { file: this.path } });
  }

  async close(): Promise<void> {
    await this.content.close();
    await this.handle.close();
  }
}

function noFile(path: string): MillraceError {
  return new MillraceError('SOURCE_CHANGED', `${path} is no regular file`, { place: { file: path } });
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
