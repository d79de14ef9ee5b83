import { MillraceError, type PositionalReader } from '@millrace/contracts';
import type { SourceFile } from './source-file.js';

/** What is read at once where the file lets us: some chunks. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * Reads sources in large pieces into one buffer and lends its bytes, for whoever is done with a chunk before it takes the next
 * one. One source at a time.
 */
export class ReadAhead {
  private buffer: Buffer | undefined;
  /** Position of the buffer's first byte, and how many bytes are there. */
  private start = 0;
  private filled = 0;

  constructor(private readonly buffer_bytes = BUFFER_BYTES) {}

  /** Begins anew: nothing that was read before counts. @param end of what may be read; ahead of what is asked for only of plain files */
  readerOf(file: SourceFile, end: number): PositionalReader {
    this.filled = 0;
    const read: PositionalReader = (position, into) => file.readInto(into, position);
    read.lend = (position, size) => this.lend(file, file.isDirect ? end : 0, position, size);
    return read;
  }

  /** The buffer is made anew when it is needed again. */
  release(): void {
    this.buffer = undefined;
    this.filled = 0;
  }

  private async lend(file: SourceFile, end: number, position: number, size: number): Promise<Buffer> {
    if (size > this.buffer_bytes) return file.readRange(position, position + size);
    this.buffer ??= Buffer.allocUnsafeSlow(this.buffer_bytes);
    const isThere = position >= this.start && position + size <= this.start + this.filled;
    if (!isThere) await this.fill(this.buffer, file, end, position, size);
    const from = position - this.start;
    return this.buffer.subarray(from, from + size);
  }

  private async fill(buffer: Buffer, file: SourceFile, end: number, position: number, size: number): Promise<void> {
    const from = position - this.start;
    const kept = from >= 0 ? Math.max(0, this.filled - from) : 0;
    if (kept > 0) buffer.copyWithin(0, from, this.filled);
    this.start = position;
    this.filled = kept;
    const wanted = Math.min(this.buffer_bytes, Math.max(size, end - position));
    while (this.filled < size) {
      const count = await file.readInto(buffer.subarray(this.filled, wanted), position + this.filled);
      if (count <= 0) {
        const message = `source ends at byte ${position + this.filled}, before its registered size`;
        throw new MillraceError('SOURCE_CHANGED', message);
      }
      this.filled += count;
    }
  }
}
