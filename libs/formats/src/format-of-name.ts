import type { Format } from '@millrace/contracts';
import type { Compression } from './content/content.js';

const COMPRESSED = /\.(gz|zst)$/i;

const FORMATS: readonly [RegExp, Format][] = [
  [/\.(csv|tsv|txt)$/i, 'csv'],
  [/\.(jsonl|ndjson)$/i, 'json_lines'],
  [/\.json$/i, 'json'],
  [/\.parquet$/i, 'parquet'],
];

export interface NamedFormat {
  /** null: the name does not tell. */
  format: Format | null;
  compression: Compression;
  /** The name without what says how it is compressed. */
  plain: string;
}

/** What a file's name says of its content. */
export function formatOfName(name: string): NamedFormat {
  const suffix = COMPRESSED.exec(name)?.[1].toLowerCase();
  const plain = name.replace(COMPRESSED, '');
  const format = FORMATS.find(([pattern]) => pattern.test(plain))?.[1] ?? null;
  return { format, compression: suffix === undefined ? null : suffix === 'gz' ? 'gzip' : 'zstd', plain };
}
