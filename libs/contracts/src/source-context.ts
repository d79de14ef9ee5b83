import type { Dialect } from './dialect.js';

export const FORMATS = ['csv', 'json_lines', 'json', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

/**
 * What must be known of a source to clean its chunks, beyond its header record: found once, when the source is first read,
 * kept in `millrace.sources.context`, and sent with every chunk of it, so that whoever cleans a chunk needs nothing else.
 * A source has none when it is CSV of the plain dialect and its plan asks for nothing of this.
 */
export interface SourceContext {
  format: Format;
  /** As registered, relative to the directory. */
  path: string;
  /** CSV: how it is read. Parquet comes as CSV text of the plain dialect, and has none. */
  dialect: Dialect | null;
  /** The names of the fields, in their order, as they stand in the source; null: the chunk's header record tells, or records name their own. */
  names: string[] | null;
  /** By column of the plan: the format that was chosen for its dates and timestamps, where the config leaves that to detection. */
  date_formats: Record<string, string>;
}

export const CONTEXT_BYTES = 256 * 1024;
