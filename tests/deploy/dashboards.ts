import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { files, ROOT } from './rule-files.js';

export const GRAFANA = join(ROOT, 'deploy/grafana');

export interface Target {
  expr: string;
  legendFormat?: string;
  refId: string;
  instant: boolean;
  range: boolean;
  datasource: { type: string; uid: string };
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string; thresholds?: { steps: { value: number | null }[] } } };
  links?: { title: string; url: string }[];
  targets?: Target[];
}

export interface Variable {
  name: string;
  type: string;
  query: string | { query: string };
  allValue?: string;
  datasource?: { uid: string };
}

export interface Dashboard {
  id?: number;
  uid: string;
  title: string;
  description: string;
  schemaVersion: number;
  tags: string[];
  panels: Panel[];
  templating: { list: Variable[] };
  annotations: { list: { name: string; expr: string; datasource: { uid: string } }[] };
}

/** By file name. */
export function readDashboards(): Map<string, Dashboard> {
  const directory = join(GRAFANA, 'dashboards');
  return new Map(
    files(directory, '.json').map((name) => [name, JSON.parse(readFileSync(join(directory, name), 'utf8'))]),
  );
}

/** Panels that show something. */
export const shownPanels = ({ panels }: Dashboard): (Panel & { targets: Target[] })[] =>
  panels.filter((panel): panel is Panel & { targets: Target[] } => panel.type !== 'row');

/** Every query of a dashboard: of panels and of annotations. */
export function expressionsOf(dashboard: Dashboard): string[] {
  const shown = shownPanels(dashboard).flatMap(({ targets }) => targets.map(({ expr }) => expr));
  return [...shown, ...dashboard.annotations.list.map(({ expr }) => expr)];
}

/** What `label_values(series, label)` of a variable asks for. */
export function labelValuesOf({ query }: Variable): { series: string; label: string } | undefined {
  const text = typeof query === 'string' ? query : query.query;
  const [, series, label] = /^label_values\((.+),\s*(\w+)\)$/s.exec(text) ?? [];
  return series === undefined ? undefined : { series, label };
}

/** As Grafana puts values in; a name that is missing throws. */
export function substitute(expr: string, values: Readonly<Record<string, string>>): string {
  return expr.replaceAll(/\$\{(\w+)\}|\$(\w+)/g, (_, braced?: string, bare?: string) => {
    const name = (braced ?? bare) as string;
    if (values[name] === undefined) throw new Error(`$${name} is no variable of the dashboard: ${expr}`);
    return values[name];
  });
}

/** The variables that Grafana itself has, with values for a query of `range_s` seconds. */
export const builtIn = (range_s: number, rate_s: number): Record<string, string> => ({
  __rate_interval: `${rate_s}s`,
  __range: `${range_s}s`,
});
