import { readdirSync, statSync } from 'node:fs';
import { delimiter, extname } from 'node:path';
import { type DatasetPlan, loadPlans } from '@millrace/dataset';

/** All dataset plans by fingerprint; of a dataset's versions the last one is current. Grows while a service runs. */
export type Plans = Map<string, DatasetPlan>;

/** The plan under which something new of a dataset begins: to be asked for anew each time. */
export function currentPlan(plans: ReadonlyMap<string, DatasetPlan>, dataset: string): DatasetPlan | undefined {
  return [...plans.values()].findLast(({ name }) => name === dataset);
}

/** The current plan of each dataset, by name. */
export function currentPlans(plans: ReadonlyMap<string, DatasetPlan>): Map<string, DatasetPlan> {
  return new Map([...plans.values()].map((plan) => [plan.name, plan]));
}

/** Makes a plan the current one of its dataset. */
export function addPlan(plans: Plans, plan: DatasetPlan): void {
  plans.delete(plan.fingerprint);
  plans.set(plan.fingerprint, plan);
}

const CONFIG = /\.(ya?ml|toml)$/i;

/**
 * The plans of files and directories, joined as in PATH; directories that are missing or empty add nothing. For services
 * that have a registry to ask.
 * @throws MillraceError CONFIG_INVALID
 */
export function loadPlansIfAny(paths: string): Plans {
  const held = paths.split(delimiter).filter((path) => path !== '' && holdsConfigs(path));
  return held.length === 0 ? new Map() : loadPlans(held.join(delimiter));
}

function holdsConfigs(path: string): boolean {
  // One that is named like a file must be there.
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return CONFIG.test(extname(path));
  return readdirSync(path).some((file) => CONFIG.test(file));
}
