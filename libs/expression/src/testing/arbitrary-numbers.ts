import fc from 'fast-check';
import type { ExpressionColumn } from '../column.js';
import {
  absolute,
  isLess,
  isSame,
  minus,
  negative,
  over,
  type Plain,
  parse,
  plus,
  roundTo,
  times,
} from './plain-numbers.js';
import { column } from './table.js';

export const columns: ExpressionColumn[] = [
  column('i', { type: 'integer', nullable: false }),
  column('n', { type: 'bigint' }),
  column('p', { type: 'decimal', precision: 9, scale: 2 }),
  column('q', { type: 'decimal', nullable: false }),
];
const INTEGERS = ['i', 'n'];

export type Row = Record<string, Plain | null>;

/** An expression: its text, and what it gives by plain fractions. */
export interface Sample<T> {
  text: string;
  of(row: Row): T | null;
  /** Whether SQL takes it for an integer, and divides it so. */
  whole: boolean;
}
type Number = Sample<Plain>;
type Condition = Sample<boolean>;

const both = (a: Number, b: Number, row: Row, fn: (x: Plain, y: Plain) => Plain): Plain | null => {
  const [x, y] = [a.of(row), b.of(row)];
  return x === null || y === null ? null : fn(x, y);
};

const truncated = (value: Plain): Plain => [value[0] / value[1], 1n];
const remainder = (x: Plain, y: Plain): Plain => minus(x, times(y, truncated(over(x, y))));

const OPERATIONS: Record<string, (x: Plain, y: Plain, whole: boolean) => Plain> = {
  '+': plus,
  '-': minus,
  '*': times,
  '/': (x, y, whole) => (whole ? truncated(over(x, y)) : over(x, y)),
  '%': remainder,
};

function binary(op: string, a: Number, b: Number): Number {
  const whole = a.whole && b.whole;
  return {
    text: `(${a.text} ${op} ${b.text})`,
    whole,
    of: (row) => both(a, b, row, (x, y) => OPERATIONS[op](x, y, whole)),
  };
}

const FUNCTIONS: Record<string, (value: Plain) => Plain> = {
  '-': negative,
  abs: absolute,
  round_2: (value) => roundTo(value, 2, 'half_up'),
  'round_-1': (value) => roundTo(value, -1, 'half_up'),
  trunc_1: (value) => roundTo(value, 1, 'down'),
  ceil: (value) => roundTo(value, 0, 'ceil'),
  floor: (value) => roundTo(value, 0, 'floor'),
  power_2: (value) => times(value, value),
  'power_-1': (value) => over([1n, 1n], value),
  sign: (value) => [value[0] > 0n ? 1n : value[0] < 0n ? -1n : 0n, 1n],
};

function unary(name: string, a: Number): Number {
  const [fn, digits] = name.split('_');
  const text = fn === '-' ? `(- ${a.text})` : `${fn}(${a.text}${digits ? `, ${digits}` : ''})`;
  const whole = a.whole && (fn === '-' || fn === 'abs' || fn === 'sign');
  return {
    text,
    whole,
    of: (row) => {
      const value = a.of(row);
      return value === null ? null : FUNCTIONS[name](value);
    },
  };
}

function extreme(fn: string, args: Number[]): Number {
  return {
    text: `${fn}(${args.map(({ text }) => text).join(', ')})`,
    whole: args.every(({ whole }) => whole),
    of: (row) =>
      args
        .map((arg) => arg.of(row))
        .reduce((best, value) => {
          if (value === null || best === null) return best ?? value;
          return isLess(best, value) === (fn === 'greatest') ? value : best;
        }, null),
  };
}

function coalesce(a: Number, b: Number): Number {
  return { text: `coalesce(${a.text}, ${b.text})`, whole: a.whole && b.whole, of: (row) => a.of(row) ?? b.of(row) };
}

function nullif(a: Number, b: Number): Number {
  return {
    text: `nullif(${a.text}, ${b.text})`,
    whole: a.whole,
    of(row) {
      const [x, y] = [a.of(row), b.of(row)];
      return x !== null && y !== null && isSame(x, y) ? null : x;
    },
  };
}

function choice(condition: Condition, a: Number, b: Number | null): Number {
  return {
    text: `case when ${condition.text} then ${a.text}${b ? ` else ${b.text}` : ''} end`,
    whole: a.whole && (b === null || b.whole),
    of: (row) => (condition.of(row) === true ? a.of(row) : (b?.of(row) ?? null)),
  };
}

const COMPARISONS: Record<string, (x: Plain, y: Plain) => boolean> = {
  '=': isSame,
  '<>': (x, y) => !isSame(x, y),
  '<': isLess,
  '<=': (x, y) => !isLess(y, x),
  '>': (x, y) => isLess(y, x),
  '>=': (x, y) => !isLess(x, y),
};

function comparison(op: string, a: Number, b: Number): Condition {
  return {
    text: `(${a.text} ${op} ${b.text})`,
    whole: false,
    of(row) {
      const [x, y] = [a.of(row), b.of(row)];
      return x === null || y === null ? null : COMPARISONS[op](x, y);
    },
  };
}

function logic(op: 'and' | 'or', a: Condition, b: Condition): Condition {
  const decisive = op === 'or';
  return {
    text: `(${a.text} ${op} ${b.text})`,
    whole: false,
    of(row) {
      const x = a.of(row);
      if (x === decisive) return decisive;
      const y = b.of(row);
      return y === decisive ? decisive : x === null || y === null ? null : !decisive;
    },
  };
}

const not = (a: Condition): Condition => ({
  text: `(not ${a.text})`,
  whole: false,
  of: (row) => {
    const x = a.of(row);
    return x === null ? null : !x;
  },
});

const isNull = (a: Number): Condition => ({
  text: `(${a.text} is null)`,
  whole: false,
  of: (row) => a.of(row) === null,
});

function between(negated: boolean, a: Number, low: Number, high: Number): Condition {
  const inside = logic('and', comparison('>=', a, low), comparison('<=', a, high));
  const condition = negated ? not(inside) : inside;
  return { ...condition, text: `(${a.text} ${negated ? 'not ' : ''}between ${low.text} and ${high.text})` };
}

function contained(negated: boolean, a: Number, list: Number[]): Condition {
  const any = list.map((item) => comparison('=', a, item)).reduce((left, right) => logic('or', left, right));
  const condition = negated ? not(any) : any;
  return { ...condition, text: `(${a.text} ${negated ? 'not ' : ''}in (${list.map(({ text }) => text).join(', ')}))` };
}

const reference: fc.Arbitrary<Number> = fc
  .constantFrom(...columns.map(({ name }) => name))
  .map((name) => ({ text: name, whole: INTEGERS.includes(name), of: (row: Row) => row[name] }));

const LITERALS = [
  '0',
  '1',
  '2',
  '3',
  '100',
  '7',
  '0.5',
  '1.25',
  '0.001',
  '99.99',
  '3000000000',
  '9007199254740993',
  '12345678901234.5678',
];
const written: fc.Arbitrary<Number> = fc
  .constantFrom(...LITERALS)
  .map((text) => ({ text, whole: !text.includes('.'), of: () => parse(text) }));

/** Numbers and conditions; whatever fails without a column would be a fault of the expression, so that each has one. */
export const { number, condition } = fc.letrec<{ number: Number; condition: Condition; leaf: Number; any: Number }>(
  (tie) => ({
    leaf: fc.oneof({ weight: 3, arbitrary: reference }, written),
    any: fc.oneof({ maxDepth: 3, depthSize: 'small' }, tie('leaf'), tie('number')),
    number: fc.oneof(
      { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
      reference,
      fc
        .tuple(fc.constantFrom(...Object.keys(OPERATIONS)), tie('any'), tie('any'))
        .map(([op, a, b]) => binary(op, a, b)),
      fc
        .tuple(fc.constantFrom(...Object.keys(OPERATIONS)), tie('any'), tie('leaf'))
        .map(([op, a, b]) => binary(op, a, b)),
      fc.tuple(fc.constantFrom(...Object.keys(FUNCTIONS)), tie('number')).map(([fn, a]) => unary(fn, a)),
      fc
        .tuple(fc.constantFrom('greatest', 'least'), fc.array(tie('any'), { minLength: 1, maxLength: 3 }))
        .map(([fn, args]) => extreme(fn, args)),
      fc.tuple(tie('any'), tie('any')).map(([a, b]) => coalesce(a, b)),
      fc.tuple(tie('any'), tie('any')).map(([a, b]) => nullif(a, b)),
      fc.tuple(tie('condition'), tie('any'), fc.option(tie('any'))).map(([c, a, b]) => choice(c, a, b)),
    ),
    condition: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc
        .tuple(fc.constantFrom(...Object.keys(COMPARISONS)), tie('any'), tie('any'))
        .map(([op, a, b]) => comparison(op, a, b)),
      fc
        .tuple(fc.constantFrom('and' as const, 'or' as const), tie('condition'), tie('condition'))
        .map(([op, a, b]) => logic(op, a, b)),
      tie('condition').map(not),
      tie('number').map(isNull),
      fc.tuple(fc.boolean(), tie('any'), tie('any'), tie('any')).map(([n, a, b, c]) => between(n, a, b, c)),
      fc
        .tuple(fc.boolean(), tie('any'), fc.array(tie('any'), { minLength: 1, maxLength: 3 }))
        .map(([n, a, l]) => contained(n, a, l)),
    ),
  }),
);

/** Cells of the columns: mostly small, some that no double holds. */
const cells: Record<string, fc.Arbitrary<string | null>> = {
  i: fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -2147483646, max: 2147483647 })).map(String),
  n: fc.oneof(
    fc.constant(null),
    fc.integer({ min: -9, max: 9 }).map(String),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  ),
  p: fc.oneof(
    fc.constant(null),
    fc.integer({ min: -999_999_999, max: 999_999_999 }).map((value) => (value / 100).toFixed(2)),
    fc.constantFrom('0.00', '0.01', '-0.01', '2.50'),
  ),
  q: fc.oneof(
    fc.integer({ min: -50_000, max: 50_000 }).map((value) => (value / 10_000).toFixed(4)),
    fc.constantFrom('0.0000', '1.0000', '100.0000', '98765432109876543210.123456789'),
  ),
};

/** A few rows: cells as text. */
export const rows: fc.Arbitrary<(string | null)[][]> = fc.array(fc.tuple(...columns.map(({ name }) => cells[name])), {
  minLength: 16,
  maxLength: 16,
});

export function plainRow(row: (string | null)[]): Row {
  return Object.fromEntries(columns.map(({ name }, index) => [name, row[index] === null ? null : parse(row[index])]));
}
