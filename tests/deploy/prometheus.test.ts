import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka } from '@millrace/kafka';
import { books } from '@millrace/postgres';
import { generateSales } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peopleConfig } from '../harness/people.js';
import { expectExact, Pipeline } from '../harness/pipeline.js';
import { until } from '../harness/until.js';
import {
  builtIn,
  type Dashboard,
  expressionsOf,
  labelValuesOf,
  readDashboards,
  shownPanels,
  substitute,
  type Target,
} from './dashboards.js';
import { groupingLabelsOf, madeLabelsOf, selectorsOf } from './expressions.js';
import { PrometheusServer, requirePrometheus, type Series } from './prometheus-server.js';
import { ROOT, readRules } from './rule-files.js';

// A real Prometheus with the project's rules watches real services at work: what rules and dashboards ask for is there.
const base = mkdtempSync(join(tmpdir(), 'millrace-watched-'));
const RATE_S = 15;
const ROWS_A_SECOND = 400;
const SERVICES = { ingestor: 1, cleaner: 2, deduper: 1, aggregator: 1 };
let pipeline: Pipeline;
let prometheus: PrometheusServer;
let began_s: number;
const dashboards = readDashboards();
const { recorded, alerts } = readRules();

beforeAll(async () => {
  requirePrometheus();
  for (const directory of ['datasets', 'people', 'sales']) mkdirSync(join(base, directory));
  copyFileSync(join(ROOT, 'datasets/sales.yaml'), join(base, 'datasets/sales.yaml'));
  writeFileSync(join(base, 'datasets/people.yaml'), peopleConfig('people'));
  const env = {
    MILLRACE_DATASETS: join(base, 'datasets'),
    MILLRACE_STORAGE_METRICS_MS: '2000',
    MILLRACE_QUIET_MS: '1000',
  };
  pipeline = await Pipeline.start('cleaner=2', env, '--watch', `people=${join(base, 'people')}`);
  prometheus = await PrometheusServer.start(targets);
  began_s = Date.now() / 1000;
  await until(async () => (await prometheus.number('sum(up{job="millrace"})')) === 5);
  await work();
}, 300_000);

afterAll(async () => {
  await prometheus?.stop();
  await pipeline?.stop();
  rmSync(base, { recursive: true, force: true });
});

/** The running services, under the names that Compose's DNS gives them. */
function targets(): { address: string; labels: Record<string, string> }[] {
  const { services } = JSON.parse(readFileSync(join(pipeline.home, 'state.json'), 'utf8')) as {
    services: { name: string; port: number | null }[];
  };
  return services
    .filter(({ port }) => port !== null)
    .map(({ name, port }) => ({ address: `127.0.0.1:${port}`, labels: { __meta_dns_name: name } }));
}

/** A run over files, live rows with rejects and duplicates, and a file with a column that its dataset does not have. */
async function work(): Promise<void> {
  const directory = join(base, 'sales');
  const key = generateSales({ rows: 20_000, parts: 3, seed: 4, dup: 0.05, bad: 0.05, directory });
  expectExact(await pipeline.run(directory), key);
  const live = pipeline.produce('--rows', String(ROWS_A_SECOND * 8), '--rate', String(ROWS_A_SECOND), '--batch', '40');
  const people = (header: string, from: number) =>
    `${header}\n${Array.from({ length: 50 }, (_, row) => `${from + row},name,note\n`).join('')}`;
  writeFileSync(join(base, 'people/plain.csv'), people('id,name', 0).replaceAll(',note', ''));
  await until(async () => (await pipeline.count('select count(*) from people')) === 50);
  writeFileSync(join(base, 'people/drifted.csv'), people('id,name,note', 100));
  const { answer } = await live;
  await pipeline.expectLive([answer], { files: [key] });
  await until(async () => (await pipeline.count('select count(*) from people')) === 100);
  // What is told of books and storage comes a moment later.
  const balanced = await pipeline.count('select count(*) from millrace.books where balanced and complete');
  await until(async () => (await prometheus.number('sum(millrace_books_sources{state="balanced"})')) === balanced);
  await until(async () => (await prometheus.number('sum(max by (dataset) (millrace_unresolved_chunks))')) === 0);
}

/** Values of a dashboard's variables: those that Grafana takes for "All", and what it puts in itself. */
function valuesOf({ templating }: Dashboard): Record<string, string> {
  const own = templating.list.map(({ name, allValue }) => [name, allValue ?? '']);
  return { ...Object.fromEntries(own), ...builtIn(Math.ceil(Date.now() / 1000 - began_s), RATE_S) };
}

/** As its panel asks, over all the time of this test, up to now. */
function ask({ instant }: Target, query: string): Promise<Series[]> {
  const now_s = Date.now() / 1000;
  return instant ? prometheus.query(query) : prometheus.range(query, now_s - Math.ceil(now_s - began_s), now_s);
}

/** The numbers that a panel shows. */
const numbersOf = (series: Series[]) =>
  series.flatMap(({ value, values }) => (values ?? [value!]).map(([, text]) => Number(text))).filter(Number.isFinite);

describe('Prometheus on running services', () => {
  it('finds each one and reads it', async () => {
    const { activeTargets } = await prometheus.get<{
      activeTargets: { labels: Record<string, string>; health: string; lastError: string }[];
    }>('targets');
    const ours = activeTargets.filter(({ labels }) => labels.job === 'millrace');
    expect(ours.filter(({ health }) => health !== 'up')).toEqual([]);
    const services = Object.groupBy(ours, ({ labels }) => labels.service);
    expect(Object.fromEntries(Object.entries(services).map(([name, found]) => [name, found?.length]))).toEqual(
      SERVICES,
    );
  });

  it('knows every series of rules and dashboards, with the labels that they ask for', async () => {
    const names = new Set(await prometheus.get<string[]>('label/__name__/values'));
    const labelsOf = new Map<string, Set<string>>();
    const expressions = [...dashboards.values()].flatMap((dashboard) =>
      expressionsOf(dashboard).map((expr) => substitute(expr, valuesOf(dashboard))),
    );
    const all = [...expressions, ...[...recorded.values(), ...alerts].map(({ expr }) => expr)];
    const missing: string[] = [];
    for (const expr of all) {
      const given = new Set(madeLabelsOf(expr));
      for (const { name, labels } of selectorsOf(expr)) {
        // What rules make may need a longer history, and alerts something to be wrong: see below.
        if (recorded.has(name) || name === 'ALERTS') {
          for (const label of [...groupingLabelsOf(recorded.get(name)?.expr ?? ''), ...ALERT_LABELS]) given.add(label);
          continue;
        }
        if (!names.has(name)) missing.push(name);
        if (!labelsOf.has(name)) labelsOf.set(name, new Set(await seriesLabels(name)));
        for (const label of labels) if (!labelsOf.get(name)?.has(label)) missing.push(`${name}{${label}}`);
        for (const label of labelsOf.get(name) ?? []) given.add(label);
      }
      for (const label of groupingLabelsOf(expr)) if (!given.has(label)) missing.push(`${label} in ${expr}`);
    }
    expect([...new Set(missing)]).toEqual([]);
  });

  it('counts what was done: rows, rejects, requests and books as PostgreSQL has them', async () => {
    const count = (sql: string) => pipeline.count(sql);
    const rows = (outcome: string) => `sum(millrace_rows_total{stage="aggregator",outcome="${outcome}"})`;
    const totals = await books(pipeline.database);
    const total = (of: 'written' | 'duplicates' | 'rejected') => totals.reduce((sum, row) => sum + row[of], 0);
    expect(await prometheus.number(`${rows('written')} - ${rows('replaced')}`)).toBe(total('written'));
    expect(await prometheus.number(`${rows('duplicates')} + ${rows('replaced')}`)).toBe(total('duplicates'));
    expect(await prometheus.number(rows('rejected'))).toBe(total('rejected'));
    expect(await prometheus.number('sum(millrace_rejects_total)')).toBe(
      await count('select count(*) from millrace.rejects'),
    );
    expect(await prometheus.number('sum(millrace_drift_events_total)')).toBe(
      await count('select count(*) from millrace.drift_events'),
    );
    expect(await prometheus.number('sum(millrace_http_requests_total{status="202"})')).toBe((ROWS_A_SECOND * 8) / 40);
    expect(await prometheus.number('sum(millrace_books_sources{state="balanced"})')).toBe(totals.length);
    expect(await prometheus.number('sum(millrace_books_sources{state=~"open|unbalanced"})')).toBe(0);
  });

  it('gives every variable of the dashboards values', async () => {
    for (const dashboard of dashboards.values()) {
      for (const variable of dashboard.templating.list.filter(({ type }) => type === 'query')) {
        const { series, label } = labelValuesOf(variable)!;
        const match = substitute(series, valuesOf(dashboard));
        const values = await prometheus.get<string[]>(`label/${label}/values`, { 'match[]': match });
        expect(values.length, `${dashboard.title}: ${variable.name}`).toBeGreaterThan(0);
      }
    }
  });

  it('evaluates every rule, and nothing is wrong with a flow that is well', async () => {
    const { groups } = await prometheus.get<{
      groups: { rules: { name: string; type: string; health: string; lastError?: string; state?: string }[] }[];
    }>('rules');
    const rules = groups.flatMap((group) => group.rules);
    expect(rules).toHaveLength(recorded.size + alerts.length);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.filter(({ state }) => state === 'firing').map(({ name }) => name)).toEqual([]);
  });
});

describe('what is wrong', () => {
  it('fires its alert: a message that is no message of ours is set aside', async () => {
    const kafka = await connectKafka({ brokers: pipeline.kafka_brokers.split(','), clientId: 'garbage' });
    const publisher = await kafka.producer();
    await publisher.publish([{ topic: 'bronze.sales', partition: 0, key: 'garbage', value: randomBytes(100) }]);
    await publisher.close();
    await kafka.close();
    await until(async () => (await prometheus.query('ALERTS{alertstate="firing"}')).length > 0);
    const firing = (await prometheus.query('ALERTS{alertstate="firing"}')).map(({ metric }) => metric);
    expect(firing).toMatchObject([{ alertname: 'MillraceChunksSetAside', stage: 'cleaner', code: 'MESSAGE_GARBAGE' }]);
  });
});

describe.each([...dashboards])('each panel of %s', (name, dashboard) => {
  it('shows something', async () => {
    const empty: string[] = [];
    const shown: string[] = [];
    for (const panel of shownPanels(dashboard)) {
      for (const target of panel.targets) {
        const series = await ask(target, substitute(target.expr, valuesOf(dashboard)));
        const numbers = numbersOf(series);
        const about = `${panel.title} ${panel.targets.length > 1 ? target.refId : ''}`.trim();
        if (numbers.length === 0) empty.push(`${about}: ${target.expr}`);
        const [last, most] = [numbers.at(-1), Math.max(...numbers)].map((value) => value?.toPrecision(4).padStart(12));
        shown.push(`${about.padEnd(48)} ${String(series.length).padStart(3)} series ${last} last ${most} most`);
      }
    }
    if (process.env.TEST_LOG) console.log(`${name}\n${shown.join('\n')}`);
    expect(empty).toEqual([]);
  });
});

describe('the rate of rows', () => {
  it('is that of the producer', async () => {
    const query = 'sum(rate(millrace_rows_total{dataset="sales",stage="ingestor",outcome="cut"}[5s]))';
    const series = await prometheus.range(query, began_s, Date.now() / 1000);
    const seen = numbersOf(series).filter((rate) => Math.abs(rate - ROWS_A_SECOND) < ROWS_A_SECOND * 0.25);
    expect(seen.length).toBeGreaterThanOrEqual(2);
  });
});

const ALERT_LABELS = [
  'alertname',
  'alertstate',
  'severity',
  'dataset',
  'stage',
  'topic',
  'code',
  'service',
  'instance',
];

async function seriesLabels(name: string): Promise<string[]> {
  return (await prometheus.get<Record<string, string>[]>('series', { 'match[]': name })).flatMap(Object.keys);
}
