import { LANE_MAX } from '../vectors.js';

/** The expression, or a part of it, has no fast form: all rows are computed exactly. */
export class NotFast extends Error {}

/**
 * A value in the generated code. Names of variables, or literals, so that they may be written more than once.
 * A number is value / (den * 10^scale), all of them integers within LANE_MAX.
 */
export interface Emitted {
  value: string;
  /** `false` when it never is. The value is then anything of its type. */
  isnull: string;
  scale: number;
  /** Above 0; null = 1. */
  den: string | null;
  /** Bounds of |value| and |den|. */
  max: number;
  den_max: number;
  /** The value, where it is a literal. */
  literal: number | null;
}

export function plain(value: string, isnull: string): Emitted {
  return { value, isnull, scale: 0, den: null, max: 0, den_max: 1, literal: null };
}

export function number(value: string, isnull: string, scale: number, max: number): Emitted {
  return { value, isnull, scale, den: null, max: Math.min(max, LANE_MAX), den_max: 1, literal: null };
}

export function literal(value: number, scale: number): Emitted {
  return { ...number(value < 0 ? `(${value})` : String(value), 'false', scale, Math.abs(value)), literal: value };
}

/** Digits that a factor may add before every value but 0 is beyond LANE_MAX. */
const DIGITS = 15;

export function tenTo(exponent: number): number {
  if (exponent > DIGITS) throw new NotFast();
  return 10 ** exponent;
}

/** Collects the lines of a generated function. */
export class Emitter {
  /** Once a chunk, and once a row. */
  readonly chunk: string[] = [];
  readonly row: string[] = [];
  lines: string[] = [];
  /** What the code cannot write as a literal; it is `k[i]` there. */
  readonly constants: unknown[] = [];
  #names = 0;

  name(prefix = 't'): string {
    return `${prefix}${this.#names++}`;
  }

  put(line: string): void {
    this.lines.push(line);
  }

  /** A new constant of the code. */
  let(expression: string): string {
    const name = this.name();
    this.put(`const ${name} = ${expression};`);
    return name;
  }

  /** A new variable. */
  variable(value: string): string {
    const name = this.name();
    this.put(`let ${name} = ${value};`);
    return name;
  }

  /** A number that is exact, or the row is left to the exact evaluator: a double beyond 2^53 - 1 may have lost digits. */
  exact(expression: string, max: number): string {
    const name = this.let(expression);
    if (max > LANE_MAX) this.leave(`!(${name} <= ${LANE_MAX} && ${name} >= -${LANE_MAX})`);
    return name;
  }

  /** Leaves the row to the exact evaluator. */
  leave(condition: string): void {
    this.put(`if (${condition}) break fast;`);
  }

  constant(value: unknown): string {
    return `k[${this.constants.push(value) - 1}]`;
  }

  /** Runs `emit` with lines of its own. */
  apart<T>(emit: () => T): { lines: string[]; result: T } {
    const outer = this.lines;
    this.lines = [];
    const result = emit();
    const { lines } = this;
    this.lines = outer;
    return { lines, result };
  }

  /** Adds to lines that were made apart. */
  within(lines: string[], emit: () => void): void {
    const outer = this.lines;
    this.lines = lines;
    emit();
    this.lines = outer;
  }
}

/** Whether any of these is NULL. */
export function anyNull(emitter: Emitter, ...values: Emitted[]): string {
  const names = [...new Set(values.map(({ isnull }) => isnull))].filter((name) => name !== 'false');
  if (names.length === 0) return 'false';
  if (names.includes('true')) return 'true';
  return names.length === 1 ? names[0] : emitter.let(names.join(' || '));
}
