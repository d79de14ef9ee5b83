import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');
export const PROMETHEUS = join(ROOT, 'deploy/prometheus');

export interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface Expectation {
  alertname: string;
  exp_alerts?: unknown[];
}

export const files = (folder: string, ending: string): string[] =>
  readdirSync(folder).filter((name) => name.endsWith(ending));

const read = <T>(...path: string[]): T => parse(readFileSync(join(PROMETHEUS, ...path), 'utf8')) as T;

export function readRules(): { recorded: Map<string, Rule>; alerts: Rule[] } {
  const rules = files(join(PROMETHEUS, 'rules'), '.yml').flatMap((name) =>
    read<{ groups: { rules: Rule[] }[] }>('rules', name).groups.flatMap((group) => group.rules),
  );
  const recorded = new Map(rules.flatMap((rule) => (rule.record ? [[rule.record, rule] as const] : [])));
  return { recorded, alerts: rules.filter(({ alert }) => alert !== undefined) };
}

/** What promtool's unit tests expect of alerts. */
export function readExpectations(): Expectation[] {
  return files(join(PROMETHEUS, 'tests'), '.yml').flatMap((name) =>
    read<{ tests: { alert_rule_test: Expectation[] }[] }>('tests', name).tests.flatMap((test) => test.alert_rule_test),
  );
}

/** @throws where there is none, with what to do */
export function promtool(...args: string[]): SpawnSyncReturns<string> {
  const done = spawnSync('promtool', args, { cwd: PROMETHEUS, encoding: 'utf8' });
  if ((done.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    throw new Error('promtool is not on PATH: it comes with Prometheus, e.g. `apt-get install prometheus`');
  }
  return done;
}
