import type { ColumnCursor } from './column-cursor.js';
import type { CsvRows } from './csv-rows.js';
import type { Field } from './field-tree.js';
import { jsonText } from './json-text.js';

/** Writes rows whose pages were fetched. */
export class RowWriter {
  /** The column that is at work, for messages. */
  column: ColumnCursor | undefined;
  /** Of each field that is a column itself its cursor. */
  private readonly flat: (ColumnCursor | null)[];
  private readonly nested: ColumnCursor[];

  constructor(
    private readonly rows: CsvRows,
    private readonly fields: readonly Field[],
    private readonly columns: readonly ColumnCursor[],
  ) {
    this.flat = fields.map(({ kind, isRepeated, first }) => (kind === 'leaf' && !isRepeated ? columns[first] : null));
    this.nested = columns.filter((column) => !this.flat.includes(column));
  }

  /** Writes up to `most` rows, until there are `size_bytes` of them. @returns how many */
  write(most: number, size_bytes: number): number {
    const { rows, flat } = this;
    let row = 0;
    for (; row < most && rows.length < size_bytes; row++) {
      for (this.column of this.nested) this.column.beginRow();
      for (let field = 0; field < flat.length; field++) {
        const column = flat[field];
        if (column === null) this.writeNested(this.fields[field]);
        else {
          this.column = column;
          column.putRow(rows);
        }
      }
      rows.endRow();
    }
    return row;
  }

  private writeNested(field: Field): void {
    const { rows, columns } = this;
    const { isOptional, first, definition } = field;
    this.column = columns[first];
    if (isOptional && this.column.definition < definition) {
      for (let leaf = first; leaf < field.end; leaf++) columns[leaf].take();
      rows.field(null);
    } else rows.textField(jsonText(field, columns));
  }
}
