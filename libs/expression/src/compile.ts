import { LIMITS } from '@millrace/contracts';
import { analyzeExpression, fits } from './check.js';
import type { ExpressionColumn, ExpressionFault, ExpressionType } from './column.js';
import { exactValue } from './exact.js';
import { suits } from './generate/columns.js';
import { generate, type RowsFunction } from './generate/function.js';
import { NotComputable } from './rational.js';
import { RowReader } from './rows.js';
import { asTimestamp } from './scope.js';
import { standInOf, storeValue } from './store.js';
import { storeTexts } from './store-texts.js';
import type { Node, Value } from './tree.js';
import type { ExpressionInput, ExpressionOutput, Vector } from './vectors.js';

/** The column that an expression fills. */
export interface ExpressionTarget {
  type: ExpressionColumn['type'];
  scale: number;
  precision: number | null;
  /** What becomes of digits beyond the scale; `reject`: the row fails. */
  rounding: 'reject' | 'half_up' | 'half_even' | 'down';
  /** As text: stands in for NULL, and for what cannot be computed. Default NULL. */
  default_value?: string | null;
  /** text: a longer one cannot be stored. Default any length. */
  max_bytes?: number;
}

/** The expression cannot be compiled; `checkExpression` gives the same faults. */
export class ExpressionError extends Error {
  constructor(
    readonly text: string,
    readonly faults: ExpressionFault[],
  ) {
    super(faults.map(({ at, message }) => `${message} (at ${at} of ${JSON.stringify(text)})`).join('; '));
    this.name = 'ExpressionError';
  }
}

/** @throws ExpressionError when it has faults, or gives what the target does not hold */
export function compileExpression(
  text: string,
  columns: ExpressionColumn[],
  target: ExpressionTarget,
): CompiledExpression {
  const { root, used, faults } = analyzeExpression(text, columns);
  if (root === null) throw new ExpressionError(text, faults);
  const type = root.type as ExpressionType;
  if (!fits(type, target.type)) {
    throw new ExpressionError(text, [{ at: 0, message: `the column is ${target.type}, and this is ${type.kind}` }]);
  }
  const cast = target.type === 'timestamp' && type.kind === 'date';
  return new CompiledExpression(text, cast ? asTimestamp(root) : root, columns, used, target);
}

/** An expression as code over a chunk's columns; made once a plan, as making the code costs more than a chunk. */
export class CompiledExpression {
  readonly type: ExpressionType;
  readonly nullable: boolean;
  /** How often code was generated: once, while the columns keep their encodings. */
  generated = 0;
  readonly #stand_in: Value;
  readonly #texts = new Array<string | null>(LIMITS.chunk_records).fill(null);
  #encodings = '';
  #rows: RowsFunction | null = null;

  /** @param used indexes of the columns that it reads */
  constructor(
    readonly text: string,
    private readonly root: Node,
    private readonly columns: ExpressionColumn[],
    readonly used: number[],
    private readonly target: ExpressionTarget,
  ) {
    this.type = { kind: root.type.kind as ExpressionType['kind'], scale: root.type.scale };
    this.nullable = root.nullable && (target.default_value ?? null) === null;
    try {
      this.#stand_in = standInOf({ ...target, encoding: 'text' }, target.default_value ?? null);
    } catch (error) {
      if (!(error instanceof NotComputable)) throw error;
      throw new ExpressionError(text, [{ at: 0, message: `the default ${error.message}` }]);
    }
  }

  /** Fills the column for all rows of a chunk that have no failure yet. */
  evaluate(input: ExpressionInput, output: ExpressionOutput): void {
    const { column } = output;
    const target = { ...this.target, encoding: column.encoding };
    const texts = this.#texts;
    const reader = new RowReader(this.columns, input);
    if (column.encoding === 'decimal') column.wide.length = 0;

    const none = (row: number): void => storeValue(target, column, texts, row, this.#stand_in);
    const failed = (row: number): void => {
      none(row);
      output.fail(row);
    };
    const leave = (row: number): void => {
      reader.row = row;
      try {
        storeValue(target, column, texts, row, exactValue(this.root, reader) ?? this.#stand_in);
      } catch (error) {
        if (!(error instanceof NotComputable)) throw error;
        failed(row);
      }
    };
    const rows = this.#rowsFor(input, column);
    if (rows === null) forEachRow(input, leave);
    else rows(input, column, texts, leave, none);

    if (column.encoding !== 'text' && column.encoding !== 'dictionary') return;
    const { max_bytes = Number.POSITIVE_INFINITY } = this.target;
    if (max_bytes !== Number.POSITIVE_INFINITY) {
      forEachRow(input, (row) => {
        const text = texts[row];
        if (text !== null && text.length * 3 > max_bytes && Buffer.byteLength(text) > max_bytes) failed(row);
      });
    }
    storeTexts(column, output.sink, texts, input);
    texts.fill(null, 0, input.count);
  }

  #rowsFor(input: ExpressionInput, column: Vector): RowsFunction | null {
    const vectors = this.used.map((index) => input.columns[index]);
    const encodings = [column, ...vectors].map(({ encoding }) => encoding).join();
    if (encodings === this.#encodings) return this.#rows;
    for (const index of this.used) {
      if (suits(this.columns[index], input.columns[index])) continue;
      throw new TypeError(`column ${this.columns[index].name} is not encoded as ${this.columns[index].type}`);
    }
    if (!suits({ ...this.target, name: '', nullable: true }, column))
      throw new TypeError(`no ${this.target.type} column`);
    const all = input.columns.map((vector) => vector?.encoding ?? 'text');
    this.#rows = generate(this.root, this.columns, all, { ...this.target, encoding: column.encoding });
    this.#encodings = encodings;
    this.generated++;
    return this.#rows;
  }
}

/** Rows that fail on the way are not visited again. */
function forEachRow({ count, failure }: ExpressionInput, visit: (row: number) => void): void {
  for (let row = 0; row < count; row++) if (failure[row] === 0) visit(row);
}
