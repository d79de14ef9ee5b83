import type { SchemaElement } from 'hyparquet';
import type { RawFile } from '../content/content.js';
import type { Field } from './field-tree.js';
import { isAdjusted, isUnsigned } from './value-text.js';

/** What a dataset's column would be that takes all values of a Parquet column. */
export interface ParquetColumn {
  name: string;
  type: 'text' | 'integer' | 'bigint' | 'decimal' | 'boolean' | 'date' | 'timestamp' | 'json';
  /** Of decimals with fixed digits; null for floating point, which is written with as many as it takes. */
  precision: number | null;
  scale: number | null;
  nullable: boolean;
  /** timestamp: in UTC; otherwise of a clock whose zone the file does not tell. */
  is_utc: boolean;
  /** As the file says it, for people: `INT64 TIMESTAMP`, `group LIST`. */
  stored_as: string;
}

export interface ParquetSchema {
  columns: ParquetColumn[];
  row_groups: { rows: number; size_bytes: number; uncompressed_bytes: number }[];
  rows: number;
}

/** What a Parquet file says of itself. @throws MillraceError SOURCE_UNREADABLE, SOURCE_REFUSED */
export async function readParquetSchema(raw: RawFile, size_bytes: number, path: string): Promise<ParquetSchema> {
  // Loaded with the first such file.
  const { readFooter } = await import('./read-footer.js');
  const { fields, row_groups } = await readFooter({ raw, size_bytes, path });
  const groups = row_groups.map(({ rows, columns }) => ({
    rows,
    size_bytes: columns.reduce((sum, { start, end }) => sum + end - start, 0),
    uncompressed_bytes: columns.reduce((sum, column) => sum + column.uncompressed_bytes, 0),
  }));
  return {
    columns: fields.map(columnOf),
    row_groups: groups,
    rows: groups.reduce((sum, group) => sum + group.rows, 0),
  };
}

type Shape = Pick<ParquetColumn, 'type'> & Partial<Pick<ParquetColumn, 'precision' | 'scale' | 'is_utc'>>;

function columnOf(field: Field): ParquetColumn {
  const { name, kind, element, isRepeated, isOptional } = field;
  const shape: Shape = kind === 'leaf' && !isRepeated ? shapeOf(element) : { type: 'json' };
  const { converted_type: converted, logical_type: logical } = element;
  const words = [element.type ?? 'group', logical?.type ?? converted ?? ''];
  const stored_as = (isRepeated ? ['repeated', ...words] : words).filter(Boolean).join(' ');
  return { name, precision: null, scale: null, nullable: isOptional, is_utc: false, stored_as, ...shape };
}

function shapeOf(element: SchemaElement): Shape {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'DECIMAL') return decimal(logical.precision ?? element.precision, logical.scale);
  if (converted === 'DECIMAL') return decimal(element.precision, element.scale);
  if (converted === 'JSON' || logical?.type === 'JSON') return { type: 'json' };
  switch (type) {
    case 'BOOLEAN':
      return { type: 'boolean' };
    case 'INT32':
      if (converted === 'DATE' || logical?.type === 'DATE') return { type: 'date' };
      if (converted === 'TIME_MILLIS' || logical?.type === 'TIME') return { type: 'text' };
      return { type: isWide(element) ? 'bigint' : 'integer' };
    case 'INT64':
      if (converted === 'TIME_MICROS' || logical?.type === 'TIME') return { type: 'text' };
      if (logical?.type === 'TIMESTAMP' || converted?.startsWith('TIMESTAMP_')) {
        return { type: 'timestamp', is_utc: isAdjusted(element) };
      }
      return isUnsigned(converted, logical) ? decimal(20, 0) : { type: 'bigint' };
    case 'INT96':
      return { type: 'timestamp' };
    case 'FLOAT':
    case 'DOUBLE':
      return { type: 'decimal' };
    default:
      return { type: logical?.type === 'FLOAT16' ? 'decimal' : 'text' };
  }
}

function decimal(precision: number | undefined, scale: number | undefined): Shape {
  return { type: 'decimal', precision: precision ?? null, scale: scale ?? 0 };
}

/** Unsigned of 32 bits. */
function isWide({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  if (!isUnsigned(converted, logical)) return false;
  return logical?.type === 'INTEGER' ? logical.bitWidth === 32 : converted === 'UINT_32';
}
