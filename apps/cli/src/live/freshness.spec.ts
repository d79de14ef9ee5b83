import { describe, expect, it } from 'vitest';
import { bucketsSince, describeFreshness, freshnessOf, sumBuckets } from './freshness.js';

const text = (counts: [string, number][], dataset = 'sales') =>
  [
    '# TYPE millrace_freshness_seconds histogram',
    ...counts.map(([le, count]) => `millrace_freshness_seconds_bucket{le="${le}",dataset="${dataset}"} ${count}`),
    `millrace_freshness_seconds_count{dataset="${dataset}"} 7`,
  ].join('\n');

describe('freshness', () => {
  it('is estimated within the buckets', () => {
    const buckets = freshnessOf(
      text([
        ['0.1', 50],
        ['0.2', 100],
        ['+Inf', 100],
      ]),
    );
    expect(describeFreshness(buckets)).toEqual({ batches: 100, p50_seconds: 0.1, p99_seconds: 0.198 });
  });

  it('is the last finite bound for what lies beyond it', () => {
    expect(
      describeFreshness(
        freshnessOf(
          text([
            ['0.1', 1],
            ['300', 1],
            ['+Inf', 10],
          ]),
        ),
      ),
    ).toMatchObject({ p99_seconds: 300 });
  });

  it('is of all aggregators together, of one dataset', () => {
    const one = freshnessOf(
      `${text([
        ['0.1', 10],
        ['+Inf', 10],
      ])}\n${text(
        [
          ['0.1', 0],
          ['+Inf', 99],
        ],
        'other',
      )}`,
      'sales',
    );
    const other = freshnessOf(
      text([
        ['0.1', 0],
        ['+Inf', 30],
      ]),
      'sales',
    );
    expect(describeFreshness(sumBuckets([one, other]))).toMatchObject({ batches: 40 });
  });

  it('of the last moments is what came since; a process that was started again counts anew', () => {
    const before = freshnessOf(
      text([
        ['0.1', 90],
        ['+Inf', 100],
      ]),
    );
    const now = freshnessOf(
      text([
        ['0.1', 90],
        ['+Inf', 104],
      ]),
    );
    expect(bucketsSince(before, now).get(Number.POSITIVE_INFINITY)).toBe(4);
    const restarted = freshnessOf(
      text([
        ['0.1', 3],
        ['+Inf', 3],
      ]),
    );
    expect(describeFreshness(bucketsSince(before, restarted))).toMatchObject({ batches: 3 });
  });

  it('is nothing where nothing was measured', () => {
    expect(describeFreshness(freshnessOf('millrace_lag_messages{stage="cleaner"} 3'))).toBeNull();
  });
});
