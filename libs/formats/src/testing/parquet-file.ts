import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import type { ContentOptions } from '../content/content.js';
import { contentOf } from './bytes-file.js';

export const PATH = 'directory/a.parquet';

type WriteOptions = Parameters<typeof parquetWriteBuffer>[0];

export function parquetFile(columnData: ColumnSource[], options: Partial<WriteOptions> = {}): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: columnData[0].data.length || 1, ...options }));
}

export function parquetContent(bytes: Uint8Array, options: Partial<ContentOptions> = {}) {
  return contentOf(bytes, { format: 'parquet', path: PATH, ...options });
}

/** The texts of all row groups, read in pieces of `piece` bytes. */
export async function groupTexts(bytes: Uint8Array, piece = 1 << 16): Promise<string[]> {
  const content = parquetContent(bytes);
  const texts: string[] = [];
  try {
    for (let begin: number | null = 0; begin !== null; begin = content.segments!.after(begin)) {
      const pieces: Buffer[] = [];
      for (let at = begin; ; ) {
        const target = Buffer.alloc(piece);
        const filled = await content.readInto(target, at);
        pieces.push(target.subarray(0, filled));
        at += filled;
        if (filled < piece) break;
      }
      texts.push(Buffer.concat(pieces).toString());
    }
    return texts;
  } finally {
    await content.close();
  }
}

/** Of the only column of a file the texts of its values, as they stand. */
export async function valueTexts(column: ColumnSource, options: Partial<WriteOptions> = {}): Promise<string[]> {
  const [text] = await groupTexts(parquetFile([column], options));
  return text.split('\n').slice(1, -1);
}
