import type { Encoding, Format } from '@millrace/contracts';
import { ParquetContent } from '../parquet/parquet-content.js';
import { decompressed } from './decompress.js';
import { EXPANSION, type ExpansionBounds } from './expansion.js';
import { SequentialContent } from './sequential-content.js';
import { transcoded } from './transcode.js';

export type Compression = 'gzip' | 'zstd' | null;

/** A file as it lies on the disk. */
export interface RawFile {
  /** Fills `into` from `position` on. @returns bytes read: less than asked for only at the end of the file */
  read(position: number, into: Uint8Array): number | Promise<number>;
}

/**
 * The text of a file: UTF-8, whatever the file is. Positions are those of this text, and the same file always gives the
 * same text at the same positions. One reading at a time.
 */
export interface Content {
  /** Bytes of text, or rather the position behind the last one. Reads all of it once where it must, which checks it as well. */
  size(): Promise<number>;
  /** Fills `target` from `position` on. @returns bytes read: less than asked for only where the text, or the segment, ends */
  readInto(target: Uint8Array, position: number): Promise<number>;
  /** Where the text comes in segments with gaps in the positions between them; undefined when it is in one piece. */
  segments?: Segments;
  close(): Promise<void>;
}

/** The row groups of a Parquet file: each can be read without those before it. */
export interface Segments {
  /** Where the segment that holds `position` ends; when that is more than `within` bytes away, some position beyond that. */
  endOf(position: number, within?: number): Promise<number>;
  /** Where the segment behind the one that holds `position` begins; null behind the last one. */
  after(position: number): number | null;
}

export interface ContentOptions {
  compression: Compression;
  encoding: Encoding;
  format: Format;
  /** Of the file; bytes behind are not there. */
  size_bytes: number;
  /** For messages. */
  path: string;
  expansion?: ExpansionBounds;
}

/** Whether the text is the file's own bytes, so that it can be read while the file grows. */
export function isDirect({ compression, encoding, format }: Omit<ContentOptions, 'size_bytes' | 'path'>): boolean {
  return compression === null && encoding === 'utf-8' && format !== 'parquet';
}

/**
 * The text of a file. Nothing is read yet. Everything but plain UTF-8 is read from the begin on: forward and a little back is
 * cheap, further back begins anew (in Parquet, at the row group's begin). Holds some MiB whatever the file's size, and of
 * Parquet a page of each column.
 *
 * Reading throws MillraceError SOURCE_UNREADABLE, with the file and the place in it, where the file is broken or cut off, and
 * SOURCE_REFUSED where it goes beyond a bound.
 */
export function openContent(raw: RawFile, options: ContentOptions): Content {
  if (isDirect(options)) return directContent(raw, options.size_bytes);
  if (options.format === 'parquet') return new ParquetContent(raw, options);
  const { compression, encoding, expansion = EXPANSION } = options;
  const file = { raw, limit_bytes: options.size_bytes, path: options.path };
  return new SequentialContent(() => transcoded(decompressed(file, compression, expansion), encoding));
}

function directContent(raw: RawFile, size_bytes: number): Content {
  return {
    size: async () => size_bytes,
    readInto: async (target, position) => raw.read(position, target),
    close: async () => {},
  };
}
