import { open } from 'node:fs/promises';
import type { Dialect, Format } from '@millrace/contracts';
import { type Content, type ContentOptions, formatOfName, openContent, readParquetSchema } from '@millrace/formats';
import type { FileSample } from './sample.js';
import { sampleCsv } from './sample-csv.js';
import { sampleJson } from './sample-json.js';
import { sampleParquet } from './sample-parquet.js';

export interface SampleOptions {
  /** Default: by the name of the file. */
  format?: Format | undefined;
  compression?: 'gzip' | 'zstd' | null | undefined;
  /** Default: detected. */
  dialect?: Dialect | undefined;
  /** At most so many rows, and so many bytes of text, are looked at. */
  rows?: number;
  text_bytes?: number;
}

export const SAMPLE_ROWS = 10_000;
export const SAMPLE_BYTES = 8 * 1024 * 1024;

/** A file as the samplers read it. */
export interface SampledFile {
  path: string;
  size_bytes: number;
  compression: 'gzip' | 'zstd' | null;
  rows: number;
  text_bytes: number;
  /** Its text, or with `iso-8859-1` its bytes, as characters. */
  content(options: Pick<ContentOptions, 'encoding' | 'format'>): Content;
}

/** Looks at the begin of a file. @throws MillraceError SOURCE_UNREADABLE, SOURCE_REFUSED */
export async function sampleFile(path: string, options: SampleOptions = {}): Promise<FileSample> {
  const named = formatOfName(path);
  const format = options.format ?? named.format ?? 'csv';
  const compression = options.compression === undefined ? named.compression : options.compression;
  const handle = await open(path);
  const contents: Content[] = [];
  try {
    const { size: size_bytes } = await handle.stat();
    const raw = {
      read: async (position: number, into: Uint8Array) => (await handle.read(into, 0, into.length, position)).bytesRead,
    };
    const file: SampledFile = {
      path,
      size_bytes,
      compression,
      rows: options.rows ?? SAMPLE_ROWS,
      text_bytes: options.text_bytes ?? SAMPLE_BYTES,
      content: ({ encoding, format }) => {
        const content = openContent(raw, { compression, encoding, format, size_bytes, path });
        contents.push(content);
        return content;
      },
    };
    if (format === 'parquet') return await sampleParquet(file, await readParquetSchema(raw, size_bytes, path));
    return format === 'csv' ? await sampleCsv(file, options.dialect) : await sampleJson(file, format);
  } finally {
    for (const content of contents) await content.close();
    await handle.close();
  }
}

/** The first bytes of a content, at most `limit`; fewer only where it ends. */
export async function headOf(content: Content, limit: number): Promise<Buffer> {
  const head = Buffer.alloc(limit);
  return head.subarray(0, await content.readInto(head, 0));
}
