import { createLogger, metrics } from '@millrace/telemetry';
import { expect, it } from 'vitest';
import { applierEvents } from './log-events.js';

it('counts the rows of a transaction by dataset and outcome, and its rejects by code', async () => {
  metrics.rows.reset();
  metrics.rejects.reset();
  const events = applierEvents(createLogger({ service: 'test', instance: 'test', level: 'silent' }));
  const codes = new Map([
    ['blank', 2],
    ['not_date', 1],
  ]);
  events.outcomes?.({ dataset: 'sales', written: 7, duplicates: 1, rejected: 3, replaced: 0, codes });
  events.outcomes?.({ dataset: 'orders', written: 5, duplicates: 0, rejected: 0, replaced: 2, codes: new Map() });
  const values = async (metric: { get(): Promise<{ values: { labels: object; value: number }[] }> }) =>
    (await metric.get()).values
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => [...Object.values(labels), value]);
  expect(await values(metrics.rows)).toEqual([
    ['sales', 'aggregator', 'written', 7],
    ['sales', 'aggregator', 'duplicates', 1],
    ['sales', 'aggregator', 'rejected', 3],
    ['orders', 'aggregator', 'written', 5],
    ['orders', 'aggregator', 'replaced', 2],
  ]);
  expect(await values(metrics.rejects)).toEqual([
    ['sales', 'blank', 2],
    ['sales', 'not_date', 1],
  ]);
});
