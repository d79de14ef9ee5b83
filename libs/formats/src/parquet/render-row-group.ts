import { failure } from '../content/failure.js';
import { SEGMENT_BYTES } from './bounds.js';
import { ColumnCursor } from './column-cursor.js';
import { CsvRows } from './csv-rows.js';
import { ParquetFault, requireThat } from './fault.js';
import { HeldPages } from './held-pages.js';
import type { ParquetFile, ParquetFooter } from './read-footer.js';
import { PageReader } from './read-pages.js';
import { RowWriter } from './row-writer.js';

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
  let writer: RowWriter | undefined;
  try {
    const held = new HeldPages();
    const columns = range.columns.map(
      (pages, leaf) => new ColumnCursor(footer.leaves[leaf], new PageReader(file, footer.leaves[leaf], pages, held)),
    );
    writer = new RowWriter(rows, footer.fields, columns);
    for (let row = 0; row < range.rows; ) {
      let ready = range.rows - row;
      for (const column of columns) {
        writer.column = column;
        if (column.ready <= 0) await column.fetchRow();
        ready = Math.min(ready, column.ready);
      }
      row += writer.write(ready, BLOCK_BYTES);
      if (rows.length < BLOCK_BYTES) continue;
      size += rows.length;
      yield rows.take();
      requireThat(size < SEGMENT_BYTES, `the row group has over ${SEGMENT_BYTES} bytes of text`);
    }
    for (const column of columns) {
      writer.column = column;
      requireThat(await column.isAtEnd(), 'there are more rows than it says');
    }
  } catch (cause) {
    throw failureOf(cause, file, group, writer?.column);
  }
  yield rows.take();
}

function failureOf(cause: unknown, { path }: ParquetFile, group: number, column: ColumnCursor | undefined): unknown {
  // A value too long for a string is a RangeError; a TypeError what a damaged header or footer makes of a number (a BigInt, a list).
  const isFault = cause instanceof ParquetFault || cause instanceof RangeError || cause instanceof TypeError;
  if (!isFault) return cause;
  const where = column ? ` in the column ${column.leaf.path.join('.')} by byte ${column.pagesOf.position}` : '';
  const code = cause instanceof ParquetFault && cause.isRefusal ? 'SOURCE_REFUSED' : 'SOURCE_UNREADABLE';
  return failure(path, code, `cannot be read at row group ${group}${where}: ${cause.message}`, cause);
}
