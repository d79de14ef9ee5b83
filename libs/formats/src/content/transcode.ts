import type { Encoding } from '@millrace/contracts';

/** Turns text of an encoding into UTF-8, piece by piece: how the text is divided into pieces makes no difference. */
interface Transcoder {
  write(bytes: Buffer): Buffer;
  end(): Buffer;
}

/**
 * Text as UTF-8, without a byte order mark. What is no character becomes U+FFFD: halves of a pair, and an odd byte at the end.
 * iso-8859-1 is itself (each byte is the character of that number), and windows-1252 has its control characters where no
 * other is assigned. UTF-8 is passed on as it stands, with its mark and its faults, as when it is read from a plain file.
 */
export async function* transcoded(blocks: AsyncGenerator<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding === 'utf-8') {
    yield* blocks;
    return;
  }
  const transcoder = transcoderOf(encoding);
  for await (const block of blocks) yield transcoder.write(block);
  yield transcoder.end();
}

function transcoderOf(encoding: Exclude<Encoding, 'utf-8'>): Transcoder {
  const none = Buffer.alloc(0);
  switch (encoding) {
    case 'iso-8859-1':
      return { write: (bytes) => Buffer.from(bytes.toString('latin1')), end: () => none };
    case 'windows-1252':
      return { write: fromWindows1252, end: () => none };
    case 'utf-16le':
      return new FromUtf16(false);
    case 'utf-16be':
      return new FromUtf16(true);
  }
}

const BOM = 0xfeff;
const REPLACEMENT = Buffer.from('\ufffd');

class FromUtf16 implements Transcoder {
  /** What stands at the end of a piece and is no whole character: up to a byte more than half a pair, in the file's order. */
  private rest = Buffer.alloc(0);
  private atBegin = true;

  constructor(private readonly isBigEndian: boolean) {}

  write(bytes: Buffer): Buffer {
    const all = Buffer.concat([this.rest, bytes]);
    let size = all.length - (all.length % 2);
    if (size >= 2 && isHighHalf(this.unitAt(all, size - 2))) size -= 2;
    this.rest = Buffer.from(all.subarray(size));
    let units = all.subarray(0, size);
    if (size > 0) {
      if (this.atBegin && this.unitAt(units, 0) === BOM) units = units.subarray(2);
      this.atBegin = false;
    }
    if (this.isBigEndian) units.swap16();
    return Buffer.from(units.toString('utf16le'));
  }

  end(): Buffer {
    // Half a pair and an odd byte are two faults.
    return Buffer.concat(Array.from({ length: Math.ceil(this.rest.length / 2) }, () => REPLACEMENT));
  }

  private unitAt(bytes: Buffer, at: number): number {
    return this.isBigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
  }
}

const isHighHalf = (unit: number) => (unit & 0xfc00) === 0xd800;

/** Of the bytes 0x80 to 0x9f; the five that are not assigned are control characters. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

const encoded1252 = Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte >= 0x80 && byte < 0xa0 ? WINDOWS_1252[byte - 0x80] : String.fromCharCode(byte)),
);

function fromWindows1252(bytes: Buffer): Buffer {
  const text = Buffer.allocUnsafe(3 * bytes.length);
  let size = 0;
  for (const byte of bytes) {
    if (byte < 0x80) text[size++] = byte;
    else for (const part of encoded1252[byte]) text[size++] = part;
  }
  return Buffer.from(text.subarray(0, size));
}
