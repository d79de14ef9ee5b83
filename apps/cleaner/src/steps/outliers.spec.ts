import { ENTRY_KIND } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { columnOf, datasetOf, fileChunk, rejectsOf, tableOf } from './testing/any-dataset.js';
import { liveChunkOf } from './testing/read-cleaned.js';

const ruled = (outliers: Record<string, unknown>, column: Record<string, unknown> = { type: 'integer' }) =>
  columnOf({ ...column, outliers });

const textOf = (values: (string | number)[]) => values.map((value, row) => `k${row},${value}\n`).join('');

/** The values that are outliers. */
function outliersOf(plan: ReturnType<typeof ruled>, values: (string | number)[]): (string | null)[] {
  const cleaned = cleanChunk(plan, fileChunk(plan, textOf(values), values.length));
  expect(rejectsOf(cleaned).every(([, column, code]) => column === 'value' && code === 'outlier')).toBe(true);
  return rejectsOf(cleaned).map(([, , , value]) => value);
}

describe('outliers by iqr', () => {
  it('lie beyond the quartiles by more than the factor times their distance', () => {
    const plan = ruled({ method: 'iqr' });
    // Of nine values the third and the seventh are the quartiles: 3 and 7, and the fences -3 and 13.
    expect(outliersOf(plan, [1, 2, 3, 4, 5, 6, 7, 8, 100])).toEqual(['100']);
    expect(outliersOf(plan, [1, 2, 3, 4, 5, 6, 7, 8, 13])).toEqual([]);
    expect(outliersOf(plan, [1, 2, 3, 4, 5, 6, 7, 8, 14])).toEqual(['14']);
    expect(outliersOf(plan, [-50, 1, 2, 3, 4, 5, 6, 7, 8])).toEqual(['-50']);
    expect(outliersOf(plan, [5, 5, 5, 5, 6])).toEqual(['6']);
  });

  it('are none among fewer than four values, NULL aside', () => {
    const plan = ruled({ method: 'iqr' });
    expect(outliersOf(plan, [1, 1, 1000])).toEqual([]);
    expect(outliersOf(plan, [1, '', '', 1, 1000])).toEqual([]);
    expect(outliersOf(plan, [1, '', '', 1, 1, 1, 1000])).toEqual(['1000']);
  });

  it('agree with a reader of fractions on any decimals, wide ones included', () => {
    const plan = ruled({ method: 'iqr', factor: '1.37' }, { type: 'decimal' });
    const decimal = fc.oneof(
      fc.integer({ min: -300, max: 300 }).map((value) => `${value / 100}`),
      fc.constantFrom('900719925474.0993', '-12345678901234567890.5', '0.00001', '-0.000000001'),
    );
    fc.assert(
      fc.property(fc.array(decimal, { minLength: 1, maxLength: 30 }), (values) => {
        const digits = 12;
        const scaled = values.map((value) => BigInt(Number(value) === 0 ? 0 : scaledOf(value, digits)));
        const sorted = [...scaled].sort((a, b) => (a < b ? -1 : 1));
        // Everything times 400, so that quarters and the factor are whole.
        const quartile = (quarter: number) => {
          const place = (sorted.length - 1) * quarter;
          const low = sorted[Math.floor(place / 4)];
          const high = sorted[Math.ceil(place / 4)];
          return 4n * low + BigInt(place % 4) * (high - low);
        };
        const reach = 137n * (quartile(3) - quartile(1));
        const expected = values.filter((_, row) => {
          if (values.length < 4) return false;
          return 400n * scaled[row] < 100n * quartile(1) - reach || 400n * scaled[row] > 100n * quartile(3) + reach;
        });
        expect(outliersOf(plan, values)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });
});

function scaledOf(literal: string, digits: number): string {
  const [whole, fraction = ''] = literal.split('.');
  return whole + fraction.padEnd(digits, '0');
}

describe('outliers by zscore', () => {
  it('are further from the mean than so many standard deviations', () => {
    const plan = ruled({ method: 'zscore', factor: '2' });
    expect(outliersOf(plan, [10, 10, 10, 10, 10, 10, 10, 10, 10, 100])).toEqual(['100']);
    // Mean 2, deviation 1: exactly two deviations are within.
    const exact = ruled({ method: 'zscore', factor: '1' });
    expect(outliersOf(exact, [1, 3, 1, 3])).toEqual([]);
    expect(outliersOf(ruled({ method: 'zscore', factor: '0.99' }), [1, 3, 1, 3])).toEqual(['1', '3', '1', '3']);
    expect(outliersOf(plan, [7, 7, 7, 7])).toEqual([]);
  });
});

describe('fixed fences', () => {
  it('stand in for those of the chunk, each for itself', () => {
    expect(outliersOf(ruled({ method: 'iqr', low: '2', high: '5' }), [1, 2, 5, 6])).toEqual(['1', '6']);
    expect(outliersOf(ruled({ method: 'iqr', low: '-5' }), [-6, 1])).toEqual(['-6']);
    const decimals = ruled({ method: 'iqr', low: '-1.25', high: '1.25' }, { type: 'decimal', precision: 6, scale: 1 });
    expect(outliersOf(decimals, ['-1.3', '-1.2', '1.2', '1.3'])).toEqual(['-1.3', '1.3']);
  });

  it('are the only ones for rows of an inbox: what comes together there is chance', () => {
    const clean = (plan: ReturnType<typeof ruled>) => {
      const values = [1, 1, 1, 1, 1000];
      const entries = values.map((value, row) => [row, ENTRY_KIND.csv, Buffer.from(`k${row},${value}`)] as const);
      return cleanChunk(
        plan,
        liveChunkOf(
          entries.map(([...entry]) => entry),
          values.length,
        ),
      ).counts.rejected;
    };
    expect(clean(ruled({ method: 'iqr' }))).toBe(0);
    expect(clean(ruled({ method: 'iqr', low: '0', high: '999' }))).toBe(1);
  });
});

describe('what becomes of outliers', () => {
  const columns = [
    { name: 'id', type: 'text', required: true },
    { name: 'a', type: 'integer', outliers: { method: 'iqr', low: '0', high: '9', action: 'flag' } },
    { name: 'b', type: 'integer', outliers: { method: 'iqr', low: '0', high: '9', action: 'flag' } },
    { name: 'c', type: 'integer', outliers: { method: 'iqr', low: '0', high: '9', action: 'reject' } },
  ];

  it('is a reject, or their columns are named', () => {
    const plan = datasetOf(columns);
    const text = 'k1,1,1,1\nk2,10,1,1\nk3,10,10,1\nk4,10,10,10\nk5,-1,2,\n';
    const cleaned = cleanChunk(plan, fileChunk(plan, text, 5));
    const table = tableOf(plan, cleaned);
    expect([1, 2, 3, 5].map((record) => table.get(record)?._outliers)).toEqual([null, 'a', 'a,b', 'a']);
    expect(rejectsOf(cleaned)).toEqual([[4, 'c', 'outlier', '10', 'k4,10,10,10']]);
  });

  it('is the same again, whatever was cleaned before', () => {
    const plan = datasetOf(columns);
    const chunk = () => fileChunk(plan, 'k1,99,1,1\n', 1);
    const first = cleanChunk(plan, chunk());
    cleanChunk(plan, fileChunk(plan, 'k1,1,99,1\nk2,99,99,1\n', 2));
    expect(cleanChunk(plan, chunk())).toEqual(first);
  });

  it('hangs on rows that are good otherwise: rejected ones are not measured', () => {
    const plan = datasetOf([
      { name: 'id', type: 'text', required: true },
      { name: 'value', type: 'integer', outliers: { method: 'iqr' } },
      { name: 'late', type: 'integer', required: true },
    ]);
    const text = `${[1, 1, 1, 1].map((value, row) => `k${row},${value},1\n`).join('')}k8,500,x\nk9,2,1\n`;
    const cleaned = cleanChunk(plan, fileChunk(plan, text, 6));
    expect(rejectsOf(cleaned).map(([record, column, code]) => [record, column, code])).toEqual([
      [5, 'late', 'not_integer'],
      [6, 'value', 'outlier'],
    ]);
  });

  it('of a derived column are found among derived values, of rows that are good so far', () => {
    const plan = datasetOf([
      { name: 'id', type: 'text', required: true },
      { name: 'a', type: 'integer', required: true, outliers: { method: 'iqr', high: '1000', low: '0' } },
      { name: 'twice', type: 'integer', derive: 'a * 2', outliers: { method: 'iqr' } },
    ]);
    const cleaned = cleanChunk(plan, fileChunk(plan, textOf([1, 1, 2, 2, 5000, 100]), 6));
    expect(rejectsOf(cleaned)).toEqual([
      [5, 'a', 'outlier', '5000', 'k4,5000'],
      [6, 'twice', 'outlier', '200', 'k5,100'],
    ]);
    expect(tableOf(plan, cleaned).get(1)).toEqual({ id: 'k0', a: '1', twice: '2' });
  });
});
