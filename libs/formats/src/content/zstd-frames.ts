import { failure } from './failure.js';

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;
const CONTENT_SIZES = [0, 2, 4, 8];
const DICTIONARY_SIZES = [0, 1, 2, 4];

/** What `zstd` itself reads without being told to: 128 MiB, which decompressing may hold. Levels up to 19 take 8 MiB. */
export const ZSTD_WINDOW_BYTES = 2 ** 27;

/** What comes next in a frame: a field whose size is known, or bytes that only have to be passed on. */
type Part = 'magic' | 'descriptor' | 'header' | 'block' | 'content' | 'checksum' | 'skip_size' | 'skipped';

/**
 * Finds where the frames of zstd data end, so that no piece of it holds bytes of two frames: zlib's stream forgets what stands
 * behind a frame in the same piece. Skippable frames are taken out. Decompresses nothing.
 */
export class FrameSplitter {
  /** Bytes of the file that were passed on or taken out. */
  passed_bytes = 0;
  private part: Part = 'magic';
  private readonly field = Buffer.alloc(16);
  private filled = 0;
  private wanted = 4;
  private descriptor = 0;
  private isLastBlock = false;
  private frames = 0;

  constructor(private readonly path: string) {}

  async *split(blocks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    for await (const block of blocks) yield* this.splitBlock(block);
    if (this.part !== 'magic' || this.filled > 0 || this.frames === 0) {
      throw this.unsound(`is cut off: its zstd data ends early, at byte ${this.passed_bytes}`);
    }
  }

  private *splitBlock(block: Buffer): Generator<Buffer> {
    let from = 0;
    for (let at = 0; at < block.length; ) {
      const { part } = this;
      const size = Math.min(this.wanted - this.filled, block.length - at);
      if (this.wanted <= this.field.length) block.copy(this.field, this.filled, at, at + size);
      this.filled += size;
      this.passed_bytes += size;
      at += size;
      const isFrameEnd = this.filled === this.wanted && this.takePart();
      if (part === 'magic' || part === 'skip_size' || part === 'skipped') {
        // The magic number waits until it is known not to be that of a frame to skip.
        if (this.part === 'descriptor') yield Buffer.from(this.field.subarray(0, 4));
        from = at;
      } else if (isFrameEnd) {
        yield block.subarray(from, at);
        from = at;
      }
    }
    if (from < block.length) yield block.subarray(from);
  }

  /** Takes the part that is complete. @returns whether a frame ends with it */
  private takePart(): boolean {
    switch (this.part) {
      case 'magic':
        return this.takeMagic();
      case 'skip_size':
        return this.expect('skipped', this.field.readUInt32LE(0));
      case 'skipped':
        return this.expect('magic', 4);
      case 'descriptor':
        this.descriptor = this.field[0];
        return this.expect('header', headerSize(this.descriptor));
      case 'header':
        this.requireWindow();
        return this.expect('block', 3);
      case 'block':
        return this.takeBlockHeader();
      case 'content':
        return this.endBlock();
      case 'checksum':
        return this.endFrame();
    }
  }

  private takeMagic(): boolean {
    const magic = this.field.readUInt32LE(0);
    if (magic === FRAME) return this.expect('descriptor', 1);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) return this.expect('skip_size', 4);
    const at = this.passed_bytes - 4;
    const what = this.frames === 0 ? `is no zstd: no frame begins at byte ${at}` : `goes on at byte ${at} with no zstd`;
    throw this.unsound(what);
  }

  /** Before anything is reserved for it: a frame of some bytes may ask for as much as there is. */
  private requireWindow(): void {
    const window_bytes = windowOf(this.descriptor, this.field);
    if (window_bytes <= ZSTD_WINDOW_BYTES) return;
    const [asked, most] = [window_bytes, ZSTD_WINDOW_BYTES].map((bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`);
    const what = `has zstd at byte ${this.passed_bytes} that asks for a window of ${asked}, and ${most} is the most: compress it without --long`;
    throw failure(this.path, 'SOURCE_REFUSED', what);
  }

  private takeBlockHeader(): boolean {
    const header = this.field.readUIntLE(0, 3);
    const kind = (header >> 1) & 3;
    if (kind === BLOCK_RESERVED) {
      throw this.unsound(`is no sound zstd: no block can begin at byte ${this.passed_bytes - 3}`);
    }
    this.isLastBlock = (header & 1) === 1;
    return this.expect('content', kind === BLOCK_RLE ? 1 : header >> 3);
  }

  private endBlock(): boolean {
    if (!this.isLastBlock) return this.expect('block', 3);
    return (this.descriptor & 4) === 0 ? this.endFrame() : this.expect('checksum', 4);
  }

  private endFrame(): boolean {
    this.frames++;
    this.expect('magic', 4);
    return true;
  }

  private expect(part: Part, size: number): boolean {
    this.part = part;
    this.wanted = size;
    this.filled = 0;
    // A part of no bytes is complete at once.
    return size === 0 && this.takePart();
  }

  private unsound(what: string) {
    return failure(this.path, 'SOURCE_UNREADABLE', what);
  }
}

/** How much of what was decompressed may be referred to. @param header the bytes behind the frame's descriptor */
function windowOf(descriptor: number, header: Buffer): number {
  const isSingleSegment = (descriptor & 32) !== 0;
  if (!isSingleSegment) return 2 ** (10 + (header[0] >> 3)) * (1 + (header[0] & 7) / 8);
  // One segment: the window is all of the frame's content, whose size stands behind the dictionary's number.
  const at = DICTIONARY_SIZES[descriptor & 3];
  switch (descriptor >> 6) {
    case 0:
      return header[at];
    case 1:
      return header.readUInt16LE(at) + 256;
    case 2:
      return header.readUInt32LE(at);
    default:
      return Number(header.readBigUInt64LE(at));
  }
}

/** Bytes between the frame's descriptor and its first block. */
function headerSize(descriptor: number): number {
  const isSingleSegment = (descriptor & 32) !== 0;
  const size_flag = descriptor >> 6;
  const content = size_flag === 0 && isSingleSegment ? 1 : CONTENT_SIZES[size_flag];
  return (isSingleSegment ? 0 : 1) + DICTIONARY_SIZES[descriptor & 3] + content;
}
