import { LIMITS } from '@millrace/contracts';
import type { Content } from './content.js';

/** Kept of what was read: the cutter steps back by a record at each chunk. */
const HISTORY_BYTES = 2 * LIMITS.chunk_bytes;

/** Text that can only be read from its begin on, by positions. Reading further back than its history begins anew. */
export class SequentialContent implements Content {
  private blocks: AsyncGenerator<Buffer> | undefined;
  /** What was read last, without gaps, up to `position`. */
  private history: { start: number; bytes: Buffer }[] = [];
  private position = 0;
  private known_size: number | undefined;

  /** @param open the text from its begin, in blocks that are not used again by whoever gives them */
  constructor(private readonly open: () => AsyncGenerator<Buffer>) {}

  async readInto(target: Uint8Array, position: number): Promise<number> {
    if (position < (this.history[0]?.start ?? this.position)) await this.rewind();
    let filled = 0;
    while (filled < target.length) {
      const at = position + filled;
      const block = this.history.findLast((each) => each.start <= at);
      const bytes = block?.bytes.subarray(at - block.start);
      if (bytes?.length) filled += bytes.copy(target, filled);
      else if (!(await this.advance())) break;
    }
    return filled;
  }

  async size(): Promise<number> {
    while (this.known_size === undefined) await this.advance();
    return this.known_size;
  }

  /** Reads on until `position` was passed, or the end. @returns the end, or how far was read */
  async endWithin(position: number): Promise<number> {
    while (this.known_size === undefined && this.position <= position) await this.advance();
    return this.known_size ?? this.position;
  }

  async close(): Promise<void> {
    await this.rewind();
  }

  private async rewind(): Promise<void> {
    await this.blocks?.return(undefined);
    this.blocks = undefined;
    this.history = [];
    this.position = 0;
  }

  /** Reads one more block. @returns false at the end */
  private async advance(): Promise<boolean> {
    if (this.position === this.known_size) return false;
    this.blocks ??= this.open();
    try {
      const { value: bytes, done } = await this.blocks.next();
      if (done) this.known_size = this.position;
      else this.keep(bytes);
      return !done;
    } catch (error) {
      await this.rewind();
      throw error;
    }
  }

  private keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.history.push({ start: this.position, bytes });
    this.position += bytes.length;
    const oldest = this.position - HISTORY_BYTES;
    while (this.history[0].start + this.history[0].bytes.length <= oldest) this.history.shift();
  }
}
