import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Encoding, MillraceError } from '@millrace/contracts';
import { DETECTION_BYTES, detectEncoding, type PositionalReader } from '@millrace/csv';
import { type Compression, type Content, openContent } from '@millrace/formats';

/** A file's text as UTF-8, by positions. */
export interface OpenText {
  read: PositionalReader;
  /** Bytes of text. */
  size: number;
  encoding: Encoding;
  finding: string;
  close(): Promise<void>;
}

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * Opens a file whatever its compression, which its first bytes tell, and its encoding.
 * @param encoding null: it is detected
 * @throws MillraceError SOURCE_UNREADABLE, SOURCE_REFUSED when it expands beyond all measure
 */
export async function openText(path: string, encoding: Encoding | null): Promise<OpenText> {
  const file = openFile(path);
  try {
    const raw = { read: (position: number, into: Uint8Array) => readSync(file, into, 0, into.length, position) };
    const size_bytes = fstatSync(file).size;
    const compression = compressionOf(raw.read);
    const open = (as: Encoding) => openContent(raw, { compression, encoding: as, format: 'csv', size_bytes, path });
    const found =
      encoding === null ? await findEncoding(open('utf-8')) : { encoding, finding: `Encoding ${encoding}: as given.` };
    const content = open(found.encoding);
    return {
      ...found,
      read: (position, into) => content.readInto(into, position),
      size: await content.size(),
      close: async () => {
        await content.close();
        closeSync(file);
      },
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new MillraceError('SOURCE_UNREADABLE', (cause as Error).message, { place: { file: path }, cause });
  }
}

function compressionOf(read: (position: number, into: Uint8Array) => number): Compression {
  const magic = Buffer.alloc(4);
  const size = read(0, magic);
  const begins = (bytes: number[]) => size >= bytes.length && bytes.every((byte, at) => magic[at] === byte);
  return begins(GZIP) ? 'gzip' : begins(ZSTD) ? 'zstd' : null;
}

async function findEncoding(bytes: Content): Promise<{ encoding: Encoding; finding: string }> {
  const head = Buffer.alloc(DETECTION_BYTES);
  const size = await bytes.readInto(head, 0);
  await bytes.close();
  return detectEncoding(head.subarray(0, size), { complete: size < head.length });
}
