import { type ExpressionColumn, kindOfColumn } from '../column.js';
import { scaleOf } from '../rows.js';
import { LANE_MAX, NULL_CODE, NULL_INT, NULL_SPAN, type Vector, WIDE } from '../vectors.js';
import { type Emitted, type Emitter, number, plain } from './emitter.js';

/** Loads each column once a row, ahead of everything; texts are made when they are first needed. */
export class Loads {
  readonly #loaded = new Map<number, () => Emitted>();

  constructor(
    readonly emitter: Emitter,
    readonly columns: ExpressionColumn[],
    readonly encodings: Vector['encoding'][],
  ) {}

  column(index: number): Emitted {
    return this.#use(index)();
  }

  /** When a dictionary column is NULL; its text is not asked for. */
  codeIsNull(index: number): string {
    return this.emitter.apart(this.#use(index)).result.isnull;
  }

  #use(index: number): () => Emitted {
    let use = this.#loaded.get(index);
    if (!use) {
      use = this.#load(index);
      this.#loaded.set(index, use);
    }
    return use;
  }

  #load(index: number): () => Emitted {
    const column = this.columns[index];
    this.emitter.chunk.push(`const c${index} = input.columns[${index}];`);
    switch (this.encodings[index]) {
      case 'text':
        return this.#loadSpan(index, column);
      case 'dictionary':
        return this.#loadCode(index, column);
      case 'decimal':
        return this.#loadLanes(index, column);
      default:
        return this.#loadInt(index, column);
    }
  }

  #isNull(index: number, { nullable }: ExpressionColumn, test: string): string {
    if (!nullable) return 'false';
    this.emitter.row.push(`const z${index} = ${test};`);
    return `z${index}`;
  }

  #loadInt(index: number, column: ExpressionColumn): () => Emitted {
    const { emitter } = this;
    emitter.chunk.push(`const a${index} = c${index}.values;`);
    emitter.row.push(`const i${index} = a${index}[row];`);
    const isnull = this.#isNull(index, column, `i${index} === ${NULL_INT}`);
    if (column.type === 'boolean') return () => plain(`(i${index} === 1)`, isnull);
    if (column.type === 'date') return () => plain(`i${index}`, isnull);
    return () => number(`i${index}`, isnull, 0, 2 ** 31);
  }

  #loadLanes(index: number, column: ExpressionColumn): () => Emitted {
    const { chunk, row } = this.emitter;
    chunk.push(`const l${index} = c${index}.low; const h${index} = c${index}.high;`);
    row.push(`const j${index} = h${index}[row];`, `if (j${index} === ${WIDE}) break fast;`);
    const isnull = this.#isNull(index, column, `j${index} === ${NULL_INT}`);
    const lanes = `j${index} * 4294967296 + l${index}[row]`;
    row.push(`const i${index} = ${isnull === 'false' ? lanes : `${isnull} ? 0 : ${lanes}`};`);
    if (column.type === 'timestamp') return () => plain(`i${index}`, isnull);
    const max = column.type === 'decimal' && column.precision !== null ? 10 ** column.precision : LANE_MAX;
    return () => number(`i${index}`, isnull, scaleOf(column), max);
  }

  #loadSpan(index: number, column: ExpressionColumn): () => Emitted {
    const { chunk, row } = this.emitter;
    chunk.push(`const a${index} = c${index}.start; const b${index} = c${index}.end;`);
    row.push(`let i${index};`);
    const isnull = this.#isNull(index, column, `a${index}[row] === ${NULL_SPAN}`);
    const text = `(i${index} ??= bytes.toString('utf8', a${index}[row], b${index}[row]))`;
    return this.#text(isnull, text);
  }

  /** Each entry becomes a string once a chunk. */
  #loadCode(index: number, column: ExpressionColumn): () => Emitted {
    const { chunk, row } = this.emitter;
    chunk.push(`const a${index} = c${index}.codes; const b${index} = rt.entryTexts(c${index}.entries);`);
    row.push(`const i${index} = a${index}[row];`);
    const isnull = this.#isNull(index, column, `i${index} === ${NULL_CODE}`);
    return this.#text(isnull, `b${index}.at(i${index})`);
  }

  #text(isnull: string, text: string): () => Emitted {
    const { emitter } = this;
    return () => plain(emitter.let(isnull === 'false' ? text : `${isnull} ? '' : ${text}`), isnull);
  }
}

/** Whether the vector may hold a column of this type. */
export function suits(column: ExpressionColumn, { encoding }: Vector): boolean {
  switch (kindOfColumn(column)) {
    case 'text':
      return encoding === 'text' || encoding === 'dictionary';
    case 'json':
      return encoding === 'text';
    case 'date':
      return encoding === 'date';
    case 'integer':
    case 'boolean':
      return encoding === 'integer';
    default:
      return encoding === 'decimal';
  }
}
