import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionError } from './compile.js';
import { columns, condition, number, plainRow, type Row, rows, type Sample } from './testing/arbitrary-numbers.js';
import { Failure, isSame, literal, type Plain, parse, roundTo } from './testing/plain-numbers.js';
import { evaluateRows } from './testing/table.js';

/** Parsing takes most of the time: rather more rows than runs. */
const RUNS = { numRuns: 60 };
const SCALE = 4;

/** What a row should give: `!` when it has no value. */
function wanted<T>(sample: Sample<T>, row: Row, show: (value: T) => string): string | null {
  try {
    const value = sample.of(row);
    return value === null ? null : show(value);
  } catch (error) {
    if (error instanceof Failure) return '!';
    throw error;
  }
}

/** The cells of an expression's column. One that is refused, such as 1 / 0, does not count. */
function evaluated(
  text: string,
  cells: (string | null)[][],
  target: Parameters<typeof evaluateRows>[3],
): (string | null)[] {
  try {
    return evaluateRows(text, columns, cells, target).cells;
  } catch (error) {
    fc.pre(!(error instanceof ExpressionError));
    throw error;
  }
}

describe('arithmetic', () => {
  it.each(['half_up', 'half_even', 'down'] as const)(
    'is that of fractions, rounded once at the end: %s',
    (rounding) => {
      fc.assert(
        fc.property(number, rows, (sample, cells) => {
          const show = (value: Plain) => literal(roundTo(value, SCALE, rounding), SCALE);
          const found = evaluated(sample.text, cells, { type: 'decimal', scale: SCALE, rounding });
          expect(found).toEqual(cells.map((row) => wanted(sample, plainRow(row), show)));
        }),
        RUNS,
      );
    },
  );

  it('fails where rounding is refused and there are digits beyond', () => {
    fc.assert(
      fc.property(number, rows, (sample, cells) => {
        const show = (value: Plain) => (isSame(roundTo(value, SCALE, 'down'), value) ? literal(value, SCALE) : '!');
        const found = evaluated(sample.text, cells, { type: 'decimal', scale: SCALE, rounding: 'reject' });
        expect(found).toEqual(cells.map((row) => wanted(sample, plainRow(row), show)));
      }),
      RUNS,
    );
  });

  it('fails where a column does not hold the result', () => {
    fc.assert(
      fc.property(number, rows, (sample, cells) => {
        const bound = parse('99999.99');
        const show = (value: Plain) => {
          const rounded = roundTo(value, 2, 'half_up');
          return rounded[0] * bound[1] > bound[0] * rounded[1] || -rounded[0] * bound[1] > bound[0] * rounded[1]
            ? '!'
            : literal(rounded, 2);
        };
        const target = { type: 'decimal', scale: 2, precision: 7, rounding: 'half_up' } as const;
        expect(evaluated(sample.text, cells, target)).toEqual(cells.map((row) => wanted(sample, plainRow(row), show)));
      }),
      RUNS,
    );
  });

  it('fills integers, rounded', () => {
    fc.assert(
      fc.property(number, rows, (sample, cells) => {
        const show = (value: Plain) => {
          const [rounded] = roundTo(value, 0, 'half_up');
          return rounded < -2147483646n || rounded > 2147483647n ? '!' : String(rounded);
        };
        expect(evaluated(sample.text, cells, { type: 'integer' })).toEqual(
          cells.map((row) => wanted(sample, plainRow(row), show)),
        );
      }),
      RUNS,
    );
  });

  it('is compared exactly, with three-valued logic', () => {
    fc.assert(
      fc.property(condition, rows, (sample, cells) => {
        const found = evaluated(sample.text, cells, { type: 'boolean' });
        expect(found).toEqual(cells.map((row) => wanted(sample, plainRow(row), String)));
      }),
      RUNS,
    );
  });
});
