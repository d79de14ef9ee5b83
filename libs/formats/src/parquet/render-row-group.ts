import { failure } from '../content/failure.js';
import { SEGMENT_BYTES } from './bounds.js';
import { ColumnCursor } from './column-cursor.js';
import { CsvRows } from './csv-rows.js';
import { ParquetFault, requireThat } from './fault.js';
import type { Field } from './field-tree.js';
import { HeldPages } from './held-pages.js';
import { jsonText } from './json-text.js';
import type { ParquetFile, ParquetFooter } from './read-footer.js';
import { PageReader } from './read-pages.js';

const BLOCK_BYTES = 256 * 1024;

/**
 * The text of a row group, the header record before that of the first one. All columns are read side by side, a page of each
 * at a time. Throws MillraceError SOURCE_UNREADABLE with the place in the file; the rows before were given.
 */
export async function* renderRowGroup(file: ParquetFile, footer: ParquetFooter, group: number): AsyncGenerator<Buffer> {
  const rows = new CsvRows();
  if (group === 0) {
    for (const { name } of footer.fields) rows.textField(name);
    rows.endRow();
  }
  const range = footer.row_groups[group] ?? { rows: 0, columns: [] };
  let size = 0;
  /** The column that is at work, for messages. */
  let column: ColumnCursor | undefined;
  try {
    const held = new HeldPages();
    const columns = range.columns.map(
      (pages, leaf) => new ColumnCursor(footer.leaves[leaf], new PageReader(file, footer.leaves[leaf], pages, held)),
    );
    for (let row = 0; row < range.rows; ) {
      let ready = range.rows - row;
      for (column of columns) {
        await column.fetchRow();
        ready = Math.min(ready, column.ready);
      }
      for (; ready > 0 && rows.length < BLOCK_BYTES; ready--, row++) {
        for (column of columns) column.beginRow();
        for (const field of footer.fields) {
          column = columns[field.first];
          writeField(rows, field, columns);
        }
        rows.endRow();
      }
      if (rows.length < BLOCK_BYTES) continue;
      size += rows.length;
      yield rows.take();
      requireThat(size < SEGMENT_BYTES, `the row group has over ${SEGMENT_BYTES} bytes of text`);
    }
    for (column of columns) requireThat(await column.isAtEnd(), 'there are more rows than it says');
  } catch (cause) {
    throw failureOf(cause, file, group, column);
  }
  yield rows.take();
}

function writeField(rows: CsvRows, field: Field, columns: readonly ColumnCursor[]): void {
  const { kind, isRepeated, isOptional, first, definition } = field;
  if (kind === 'leaf' && !isRepeated) rows.field(columns[first].take());
  else if (isOptional && columns[first].definition < definition) {
    for (let leaf = first; leaf < field.end; leaf++) columns[leaf].take();
    rows.field(null);
  } else rows.textField(jsonText(field, columns));
}

function failureOf(cause: unknown, { path }: ParquetFile, group: number, column: ColumnCursor | undefined): unknown {
  // A value too long for a string is a RangeError; a TypeError what a damaged header or footer makes of a number (a BigInt, a list).
  const isFault = cause instanceof ParquetFault || cause instanceof RangeError || cause instanceof TypeError;
  if (!isFault) return cause;
  const where = column ? ` in the column ${column.leaf.path.join('.')} by byte ${column.pagesOf.position}` : '';
  const code = cause instanceof ParquetFault && cause.isRefusal ? 'SOURCE_REFUSED' : 'SOURCE_UNREADABLE';
  return failure(path, code, `cannot be read at row group ${group}${where}: ${cause.message}`, cause);
}
