import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readCompose } from './compose-model.js';
import {
  builtIn,
  type Dashboard,
  expressionsOf,
  GRAFANA,
  type Panel,
  readDashboards,
  shownPanels,
  substitute,
} from './dashboards.js';
import { ROOT, readRules } from './rule-files.js';

/** The data source that is chosen in the variable of this name. */
const CHOSEN = `\${datasource}`;
const dashboards = readDashboards();
const { alerts } = readRules();
const provisioning = (path: string) => parse(readFileSync(join(GRAFANA, 'provisioning', path), 'utf8'));

function overlaps(a: Panel['gridPos'], b: Panel['gridPos']): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** Whether something stands right above a panel: Grafana would move it up into a gap. */
function isSupported({ gridPos: { x, y } }: Panel, panels: Panel[]): boolean {
  return (
    y === 0 || panels.some(({ gridPos: above }) => above.y + above.h === y && above.x <= x && x < above.x + above.w)
  );
}

describe('dashboards', () => {
  it('are those that operating needs, each with an address of its own', () => {
    expect([...dashboards.keys()]).toEqual(['flow.json', 'quality.json', 'services.json', 'storage.json']);
    for (const [name, { uid, id, tags }] of dashboards) {
      expect({ uid, id, tags }).toEqual({
        uid: `millrace-${name.replace('.json', '')}`,
        id: undefined,
        tags: ['millrace'],
      });
    }
  });
});

describe.each([...dashboards])('%s', (_name, dashboard) => {
  const { panels } = dashboard;
  const shown = shownPanels(dashboard);

  it('has panels with numbers of their own that fill a grid without overlaps or holes', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(shown.map(({ title, type }) => `${title} ${type}`)).size).toBe(shown.length);
    for (const [at, panel] of panels.entries()) {
      const { x, w } = panel.gridPos;
      expect(x + w, panel.title).toBeLessThanOrEqual(24);
      const others = panels.slice(at + 1).filter((other) => overlaps(panel.gridPos, other.gridPos));
      expect(
        others.map(({ title }) => title),
        panel.title,
      ).toEqual([]);
      expect(isSupported(panel, panels), panel.title).toBe(true);
    }
  });

  it.each(shown.map((panel) => [panel.title, panel] as const))(
    '%s: says what to look for, in a unit, from the data source chosen',
    (_title, panel) => {
      const { description = '', fieldConfig, datasource, targets } = panel;
      expect(description.length).toBeGreaterThan(60);
      expect(fieldConfig?.defaults.unit).toMatch(/^\w+$/);
      const [first, ...later] = fieldConfig?.defaults.thresholds?.steps ?? [];
      expect(first?.value).toBeNull();
      expect(later.map(({ value }) => value)).toEqual([...later.map(({ value }) => value)].sort((a, b) => a! - b!));
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
      for (const target of targets) {
        expect([target.datasource.uid, datasource?.uid]).toEqual([CHOSEN, CHOSEN]);
        expect(target.instant).toBe(!target.range);
        if (panel.type === 'timeseries') expect(target.legendFormat).toMatch(/\S/);
      }
    },
  );

  it('uses the variables that it has, and has none that it does not use', () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    const values = { ...builtIn(60, 60), ...Object.fromEntries(names.map((name) => [name, '.*'])) };
    for (const expr of expressionsOf(dashboard)) expect(substitute(expr, values)).not.toContain('$');
    const text = JSON.stringify({ ...dashboard, title: '' });
    for (const name of names) expect(text, name).toMatch(new RegExp(`\\$\\{?${name}\\b`));
    expect(names).toContain('datasource');
    for (const variable of dashboard.templating.list.filter(({ type }) => type === 'query')) {
      expect(variable).toMatchObject({ datasource: { uid: CHOSEN }, allValue: '.*' });
    }
  });

  it('marks heals and restarts', () => {
    expect(dashboard.annotations.list.map(({ name }) => name)).toEqual(expect.arrayContaining(['Heals', 'Restarts']));
    for (const { datasource } of dashboard.annotations.list) expect(datasource.uid).toBe(CHOSEN);
  });

  it('links to runbooks of alerts that there are', () => {
    const links = shown.flatMap((panel) => panel.links ?? []);
    expect(links.length).toBeGreaterThan(0);
    const names = new Set(alerts.map(({ alert }) => alert));
    for (const { url } of links) {
      const [, alert] = /^\$\{runbooks\}\/(\w+)\.md$/.exec(url) ?? [];
      expect(names, url).toContain(alert);
      expect(existsSync(join(ROOT, 'docs/runbooks', `${alert}.md`)), url).toBe(true);
    }
  });
});

describe('alerts', () => {
  it('have their runbook linked from some panel', () => {
    const linked = [...dashboards.values()].flatMap((dashboard: Dashboard) =>
      shownPanels(dashboard).flatMap(({ links }) => links ?? []),
    );
    const names = linked.map(({ title }) => title.replace('Runbook ', ''));
    expect([...new Set(names)].sort()).toEqual([...new Set(alerts.map(({ alert }) => alert))].sort());
  });
});

describe('provisioning', () => {
  const { grafana, prometheus } = readCompose().services;

  it('finds the dashboards and the runbooks where compose mounts them', () => {
    const { providers } = provisioning('dashboards/millrace.yml');
    expect(providers).toHaveLength(1);
    expect(grafana.volumes).toContain(`./deploy/grafana/dashboards:${providers[0].options.path}:ro`);
    expect(grafana.volumes).toContain('./deploy/grafana/provisioning:/etc/grafana/provisioning:ro');
    expect(grafana.volumes).toContain('./docs/runbooks:/usr/share/grafana/public/runbooks:ro');
  });

  it('names the Prometheus of compose, with the scrape interval that it has', () => {
    const { datasources } = provisioning('datasources/prometheus.yml');
    expect(prometheus).toBeDefined();
    const config = parse(readFileSync(join(ROOT, 'deploy/prometheus/prometheus.yml'), 'utf8'));
    expect(datasources).toMatchObject([
      {
        type: 'prometheus',
        url: 'http://prometheus:9090',
        isDefault: true,
        jsonData: { timeInterval: config.global.scrape_interval },
      },
    ]);
  });
});
