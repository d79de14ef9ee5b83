import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectProcessMetrics, metrics } from '@millrace/telemetry';
import { describe, expect, it } from 'vitest';
import { groupingLabelsOf, labelsShownBy, madeLabelsOf, selectorsOf } from './expressions.js';
import { files, PROMETHEUS, promtool, ROOT, type Rule, readExpectations, readRules } from './rule-files.js';

const RUNBOOKS = join(ROOT, 'docs/runbooks');
const HEADINGS = ['## What it means', '## How to look', '## What to do', '## When it is harmless'];
/** What the scrape config puts on every series of ours. */
const TARGET_LABELS = ['job', 'service', 'instance'];

const { recorded, alerts } = readRules();
const names = [...new Set(alerts.map(({ alert }) => alert as string))];

describe('promtool', () => {
  it('takes the configuration and its rules', () => {
    const { status, stdout, stderr } = promtool('check', 'config', 'prometheus.yml');
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`${recorded.size} rules found`);
    expect(stdout).toContain(`${alerts.length} rules found`);
  });

  it.each(files(join(PROMETHEUS, 'tests'), '.yml'))('finds every alert as %s says', (name) => {
    const { status, stdout, stderr } = promtool('test', 'rules', join('tests', name));
    expect({ status, stderr: stderr.trim() }, stdout).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('SUCCESS');
  });
});

describe('series in rules', () => {
  const known = labelsByMetric();

  it.each([...recorded.values(), ...alerts].map((rule) => [rule.record ?? rule.alert, rule] as const))(
    '%s selects what there is, by labels that it has',
    (_name, { expr }) => {
      const selectors = selectorsOf(expr);
      for (const { name, labels } of selectors) {
        expect([...known.keys(), ...recorded.keys()], name).toContain(name);
        expect(labelsOf(name), name).toEqual(expect.arrayContaining(labels));
      }
      const all = [...selectors.flatMap(({ name }) => labelsOf(name)), ...madeLabelsOf(expr)];
      expect(all).toEqual(expect.arrayContaining(groupingLabelsOf(expr)));
    },
  );

  it.each(alerts.map((rule) => [rule.alert, rule] as const))('%s shows labels that its series have', (_name, rule) => {
    const all = [...selectorsOf(rule.expr).flatMap(({ name }) => labelsOf(name)), ...madeLabelsOf(rule.expr)];
    const shown = Object.values(rule.annotations ?? {}).flatMap(labelsShownBy);
    expect(all).toEqual(expect.arrayContaining(shown));
  });

  it('that say a threshold are all used, and no alert has one of its own', () => {
    const used = [...recorded.values(), ...alerts].flatMap(({ expr }) => selectorsOf(expr).map(({ name }) => name));
    const thresholds = [...recorded.keys()].filter((name) => name.startsWith('millrace:threshold:'));
    expect(thresholds.length).toBeGreaterThan(10);
    expect(used).toEqual(expect.arrayContaining(thresholds));
    for (const { alert, expr } of alerts) {
      const numbers = expr.replaceAll(/"[^"]*"|\[[^\]]*\]/g, '').match(/\b\d+(\.\d+)?\b/g) ?? [];
      expect([alert, numbers.filter((number) => number !== '0' && number !== '1')]).toEqual([alert, []]);
    }
  });

  /** Of a recorded series, what its own rule keeps or makes; else all that its sources may have. */
  function labelsOf(name: string): string[] {
    const rule = recorded.get(name);
    if (!rule) return known.get(name) ?? [];
    return [...groupingLabelsOf(rule.expr), ...madeLabelsOf(rule.expr), ...sourcesOf(rule).flatMap(labelsOf)];
  }

  const sourcesOf = ({ record, expr }: Rule) =>
    selectorsOf(expr)
      .map(({ name }) => name)
      .filter((name) => name !== record);
});

describe.each(names)('%s', (name) => {
  const rules = alerts.filter(({ alert }) => alert === name);

  it('says how urgent it is, what is the matter with its number, and what to do', () => {
    for (const { labels, annotations } of rules) {
      expect(['page', 'ticket']).toContain(labels?.severity);
      expect(annotations?.summary).toMatch(/^.{20,160}\.$/);
      expect(annotations?.description).toMatch(/^.{60,}\.$/s);
      expect(annotations?.runbook_url).toBe(`docs/runbooks/${name}.md`);
    }
  });

  it('is tested by a case in which it fires, and by one in which it nearly does', () => {
    const cases = readExpectations().filter(({ alertname }) => alertname === name);
    expect(cases.some(({ exp_alerts = [] }) => exp_alerts.length > 0)).toBe(true);
    expect(cases.some(({ exp_alerts = [] }) => exp_alerts.length === 0)).toBe(true);
  });

  it('has a runbook with all that is needed at night', () => {
    const text = readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8');
    expect(text).toContain(`# ${name}\n`);
    const headings = text.split('\n').filter((line) => line.startsWith('## '));
    expect(headings).toEqual(HEADINGS);
    for (const heading of HEADINGS) expect(text.split(`${heading}\n`)[1].trim()).toMatch(/^[^#]{20,}/);
  });
});

describe('docs/runbooks', () => {
  it('name commands that there are', () => {
    const main = readFileSync(join(ROOT, 'apps/cli/src/main.ts'), 'utf8');
    const commands = [...main.matchAll(/^ {2}(\w+): async \(\) =>/gm)].map(([, command]) => command);
    const text = files(RUNBOOKS, '.md')
      .map((name) => readFileSync(join(RUNBOOKS, name), 'utf8'))
      .join('\n');
    const named = [...text.matchAll(/`(?:npx )?millrace ([a-z]+)/g)].map(([, command]) => command);
    expect(named.length).toBeGreaterThan(20);
    expect(commands).toEqual(expect.arrayContaining(named));
  });

  it('has an alert for each runbook, and names them all in its index', () => {
    const runbooks = files(RUNBOOKS, '.md').filter((name) => name !== 'README.md');
    expect(runbooks.sort()).toEqual(names.map((name) => `${name}.md`).sort());
    const index = readFileSync(join(RUNBOOKS, 'README.md'), 'utf8');
    for (const runbook of runbooks) expect(index).toContain(`](${runbook})`);
  });
});

/** By name, as it is scraped: what the services have, and what Prometheus adds. */
function labelsByMetric(): Map<string, string[]> {
  collectProcessMetrics();
  const all = metrics.registry.getMetricsAsArray() as unknown as { name: string; type: string; labelNames: string[] }[];
  const known = new Map<string, string[]>([['up', TARGET_LABELS]]);
  for (const { name, type, labelNames } of all) {
    const labels = [...labelNames, ...TARGET_LABELS];
    if (type !== 'histogram') known.set(name, labels);
    else for (const part of ['_bucket', '_sum', '_count']) known.set(name + part, [...labels, 'le']);
  }
  return known;
}
