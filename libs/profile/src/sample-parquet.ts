import { PLAIN_DIALECT } from '@millrace/contracts';
import { headerOf, readRows } from '@millrace/csv';
import type { ParquetSchema } from '@millrace/formats';
import { profileFields } from './infer-fields.js';
import { FIRST_ROWS, type FileSample } from './sample.js';
import { headOf, type SampledFile } from './sample-file.js';

/** The first rows of a Parquet file, as the text that they are cleaned from; its types are what the file says. */
export async function sampleParquet(
  file: SampledFile,
  { columns, row_groups, rows: all }: ParquetSchema,
): Promise<FileSample> {
  const text = await headOf(file.content({ encoding: 'utf-8', format: 'parquet' }), file.text_bytes);
  const rows: string[][] = [];
  let seen_bytes = 0;
  for (const row of readRows(text, PLAIN_DIALECT, { tables: false })) {
    if (rows.length >= file.rows || row.end >= text.length) break;
    seen_bytes = row.end;
    rows.push(row.fields);
  }
  const names = headerOf(text, PLAIN_DIALECT).names ?? columns.map(({ name }) => name);
  const uncompressed_bytes = row_groups.reduce((sum, group) => sum + group.uncompressed_bytes, 0);
  return {
    path: file.path,
    format: 'parquet',
    compression: null,
    dialect: null,
    findings: columns.map(({ name, stored_as }) => `${name}: ${stored_as}`),
    fields: profileFields(names, rows),
    declared: columns,
    rows: rows.length,
    first_rows: rows.slice(0, FIRST_ROWS),
    complete: rows.length === all,
    rows_in_file: all,
    size_bytes: file.size_bytes,
    text_bytes: rows.length > 0 ? Math.round((seen_bytes / rows.length) * all) : uncompressed_bytes,
    sampled_bytes: Math.max(seen_bytes, 1),
  };
}
