import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginCounters } from './begin-counters.js';
import { metrics } from './metrics.js';

beforeEach(() => metrics.registry.resetMetrics());
afterEach(() => metrics.registry.resetMetrics());

/** The series of one metric, as they are scraped. */
async function series(name: string): Promise<string[]> {
  const text = await metrics.registry.getSingleMetricAsString(name);
  return text.split('\n').filter((line) => !line.startsWith('#'));
}

describe('counters begin with 0', () => {
  it('for every reason to set a message aside, at each stage its own', async () => {
    beginCounters('cleaner', []);
    beginCounters('ingestor', []);
    const lines = await series('millrace_set_aside_total');
    expect(lines).toContain('millrace_set_aside_total{stage="cleaner",code="PLAN_UNKNOWN"} 0');
    expect(lines).toContain('millrace_set_aside_total{stage="ingestor",code="INBOX_LOST"} 0');
    expect(lines).not.toContain('millrace_set_aside_total{stage="ingestor",code="PLAN_UNKNOWN"} 0');
  });

  it('for every dataset and topic of the service, and for no other', async () => {
    beginCounters('aggregator', ['sales'], ['screened.sales', 'rejects.sales']);
    expect(await series('millrace_offset_gaps_total')).toEqual([
      'millrace_offset_gaps_total{stage="aggregator",topic="screened.sales"} 0',
      'millrace_offset_gaps_total{stage="aggregator",topic="rejects.sales"} 0',
    ]);
    expect(await series('millrace_rejects_total')).toContain('millrace_rejects_total{dataset="sales",code="blank"} 0');
    expect(await series('millrace_rows_total')).toContain(
      'millrace_rows_total{dataset="sales",stage="aggregator",outcome="written"} 0',
    );
    expect(await series('millrace_freshness_seconds')).toContain('millrace_freshness_seconds_count{dataset="sales"} 0');
    expect(await series('millrace_heals_total')).toEqual([]);
  });

  it('and take nothing away from what was counted', async () => {
    metrics.heals.inc({ dataset: 'sales' }, 3);
    beginCounters('ingestor', ['sales', 'orders']);
    expect(await series('millrace_heals_total')).toEqual([
      'millrace_heals_total{dataset="sales"} 3',
      'millrace_heals_total{dataset="orders"} 0',
    ]);
  });
});
