import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metric } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';

type Kind = 'counter' | 'gauge' | 'histogram' | 'summary';
/** What prom-client keeps of a metric and does not declare. */
type Described = Metric & { name: string; help: string; type: Kind; labelNames: readonly string[] };

// A registry of its own: other specs count in theirs.
vi.resetModules();
const { metrics } = await import('./metrics.js');
const all = metrics.registry.getMetricsAsArray() as unknown as Described[];

/** Every label that there is. Each has as many values as there are datasets, topics, tables or services, or those of a closed list. */
const LABELS = [
  ...['dataset', 'topic', 'table', 'stage', 'service', 'server'],
  ...['outcome', 'direction', 'code', 'status', 'kind', 'state', 'version', 'contract'],
];
/** What Prometheus itself puts on every series: a metric with such a label would lose it. */
const TARGET_LABELS = ['job', 'instance', 'service'];
const OTHER_UNITS = /(^|_)(ms|millis|milliseconds|micros|nanos|minutes|hours|days|kb|kib|mb|mib|gb|percent|pct)(_|$)/;

describe.each(all.map((metric) => [metric.name, metric] as const))('%s', (name, { help, type, labelNames }) => {
  it('is named as Prometheus names metrics: prefix, base unit last, _total on counters only', () => {
    expect(name).toMatch(/^millrace(_[a-z]+)+$/);
    expect(name).not.toMatch(OTHER_UNITS);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
    const words = name.replace(/_total$/, '').split('_');
    const unit = words.findIndex((word) => word === 'seconds' || word === 'bytes');
    expect([-1, words.length - 1]).toContain(unit);
  });

  it('says in one sentence what it is', () => {
    expect(help).toMatch(/^[A-Z].{20,140}\.$/);
    expect(help).not.toContain('|');
  });

  it('has labels of the closed list, none of them what Prometheus puts on itself', () => {
    expect(LABELS).toEqual(expect.arrayContaining([...labelNames]));
    expect(new Set(labelNames).size).toBe(labelNames.length);
    expect(labelNames.length).toBeLessThanOrEqual(3);
    // It describes the process; what it says of the service is what the target's label says.
    if (name !== 'millrace_build_info') expect(labelNames.filter((label) => TARGET_LABELS.includes(label))).toEqual([]);
  });
});

describe('the registry', () => {
  it('has every metric of the contract, under names of its own', () => {
    const { registry, ...contract } = metrics;
    expect(Object.values(contract)).toHaveLength(all.length);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('shows nothing that nobody measured', async () => {
    const text = await metrics.registry.metrics();
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });
});

describe('docs/metrics.md', () => {
  it('has the table of all metrics as they are', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
    // Columns are padded by the formatter.
    const rows = text
      .split('\n')
      .flatMap((line) => (line.startsWith('| `millrace_') ? [line.replace(/ +/g, ' ')] : []));
    expect(rows).toEqual(all.map((metric) => rowOf(metric).replace(/ +/g, ' ')).sort());
  });
});

function rowOf({ name, help, type, labelNames }: Described): string {
  const labels = labelNames.map((label) => `\`${label}\``).join(', ');
  return `| \`${name}\` | ${type} | ${labels} | ${help} |`;
}
