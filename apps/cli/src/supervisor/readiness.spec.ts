import { describe, expect, it } from 'vitest';
import { sumMetric } from './readiness.js';

const TEXT = `# HELP millrace_lag_messages messages not taken yet
# TYPE millrace_lag_messages gauge
millrace_lag_messages{topic="bronze.sales",partition="0"} 3
millrace_lag_messages{topic="bronze.sales",partition="1"} 4 1700000000000
millrace_lag_seconds 99
millrace_heals_total 2
`;

describe('sumMetric', () => {
  it('sums all samples of the metric and no other', () => {
    expect(sumMetric(TEXT, 'millrace_lag_messages')).toBe(7);
    expect(sumMetric(TEXT, 'millrace_heals_total')).toBe(2);
  });

  it('is undefined for a metric without samples', () => {
    expect(sumMetric(TEXT, 'millrace_rows_total')).toBeUndefined();
  });
});
