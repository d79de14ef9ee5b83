import { type FileMetaData, parquetMetadata, type RowGroup } from 'hyparquet';
import type { RawFile } from '../content/content.js';
import { failure } from '../content/failure.js';
import { PARQUET_BOUNDS } from './bounds.js';
import { ParquetFault, requireThat } from './fault.js';
import { type FieldTree, fieldTree } from './field-tree.js';
import { readRaw } from './read-raw.js';

/** Where the pages of a column of a row group stand in the file. */
export interface ColumnRange {
  codec: string;
  start: number;
  end: number;
  /** With nulls. */
  values: number;
  uncompressed_bytes: number;
}

export interface RowGroupRange {
  rows: number;
  /** One for each leaf. */
  columns: ColumnRange[];
}

export interface ParquetFooter extends FieldTree {
  row_groups: RowGroupRange[];
}

export interface ParquetFile {
  raw: RawFile;
  size_bytes: number;
  path: string;
}

const MAGIC = 'PAR1';
const TAIL_BYTES = 8;
/** Of the statistics nothing is used: they stay bytes. */
const unread = (bytes: unknown) => bytes;
const parsers = {
  stringFromBytes: unread,
  uuidFromBytes: unread,
  dateFromDays: unread,
  timestampFromMilliseconds: unread,
  timestampFromMicroseconds: unread,
  timestampFromNanoseconds: unread,
};

/**
 * Reads what a Parquet file says of itself at its end.
 * @throws MillraceError SOURCE_UNREADABLE when it is no Parquet, broken or cut off; SOURCE_REFUSED beyond PARQUET_BOUNDS
 */
export async function readFooter(file: ParquetFile): Promise<ParquetFooter> {
  const { path, size_bytes } = file;
  const head = await readRaw(file, 0, Math.min(size_bytes, MAGIC.length));
  const tail = await readRaw(file, Math.max(0, size_bytes - TAIL_BYTES), Math.min(size_bytes, TAIL_BYTES));
  const magic = tail.toString('latin1', tail.length - 4);
  if (magic === 'PARE') throw failure(path, 'SOURCE_REFUSED', 'is encrypted Parquet');
  if (head.toString('latin1') !== MAGIC || magic !== MAGIC || size_bytes < MAGIC.length + TAIL_BYTES) {
    const what =
      head.toString('latin1') === MAGIC ? `is cut off: no Parquet ends at byte ${size_bytes}` : 'is no Parquet';
    throw failure(path, 'SOURCE_UNREADABLE', what);
  }
  const footer_bytes = tail.readUInt32LE(0);
  const start = size_bytes - TAIL_BYTES - footer_bytes;
  if (footer_bytes > PARQUET_BOUNDS.footer_bytes) {
    throw failure(path, 'SOURCE_REFUSED', `has a Parquet footer of ${footer_bytes} bytes`);
  }
  try {
    requireThat(start >= MAGIC.length, `it should have ${footer_bytes} bytes`);
    const metadata = parquetMetadata(await readRaw(file, start, size_bytes - start), { parsers, geoparquet: false });
    return footerOf(metadata, start);
  } catch (cause) {
    const code = cause instanceof ParquetFault && cause.isRefusal ? 'SOURCE_REFUSED' : 'SOURCE_UNREADABLE';
    throw failure(path, code, `has no sound Parquet footer at byte ${start}: ${(cause as Error).message}`, cause);
  }
}

function footerOf(metadata: FileMetaData, data_end: number): ParquetFooter {
  const tree = fieldTree(metadata.schema);
  const groups = metadata.row_groups;
  if (groups.length > PARQUET_BOUNDS.row_groups) throw new ParquetFault(`it has ${groups.length} row groups`, true);
  return { ...tree, row_groups: groups.map((group, index) => rowGroupOf(group, index, tree, data_end)) };
}

function rowGroupOf(group: RowGroup, index: number, { leaves }: FieldTree, data_end: number): RowGroupRange {
  const where = `row group ${index}`;
  requireThat(
    group.columns.length === leaves.length,
    `${where} has ${group.columns.length} columns, not ${leaves.length}`,
  );
  const columns = group.columns.map(({ meta_data, file_path }, leaf): ColumnRange => {
    const name = leaves[leaf].path.join('.');
    requireThat(meta_data !== undefined && !file_path, `the column ${name} of ${where} stands elsewhere`);
    requireThat(meta_data.path_in_schema.join('.') === name, `${where} has another column where ${name} should be`);
    const data = Number(meta_data.data_page_offset);
    const dictionary = Number(meta_data.dictionary_page_offset ?? 0n);
    const start = dictionary > 0 && dictionary < data ? dictionary : data;
    const end = start + Number(meta_data.total_compressed_size);
    requireThat(
      start >= MAGIC.length && start <= end && end <= data_end,
      `bytes ${start} to ${end} of ${where} are not there`,
    );
    const uncompressed_bytes = Number(meta_data.total_uncompressed_size);
    return { codec: meta_data.codec, start, end, values: countOf(meta_data.num_values), uncompressed_bytes };
  });
  return { rows: countOf(group.num_rows), columns };
}

function countOf(value: bigint): number {
  const count = Number(value);
  requireThat(Number.isSafeInteger(count) && count >= 0, `a count is ${value}`);
  return count;
}
