import { readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { compilePlan } from './compile.js';
import { parseConfig } from './parse.js';
import type { DatasetPlan } from './plan.js';

const CONFIG = /\.(ya?ml|toml)$/i;

/** Reads, checks and compiles one dataset config. @throws MillraceError CONFIG_INVALID, naming line and column of every fault */
export function loadPlan(file: string): DatasetPlan {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MillraceError('CONFIG_INVALID', `${file}: cannot be read`, { place: { file }, cause });
  }
  return compilePlan(parseConfig(text, file));
}

/**
 * All configs of a directory (`*.yaml`, `*.yml`, `*.toml`), by fingerprint; or one file; or several of both, joined as in PATH.
 * @throws MillraceError CONFIG_INVALID
 */
export function loadPlans(paths: string): Map<string, DatasetPlan> {
  const plans = new Map<string, DatasetPlan>();
  const owners = new Map<string, string>();
  for (const file of paths.split(delimiter).flatMap(configFiles)) {
    const plan = loadPlan(file);
    const tables = [plan, ...plan.gold].map(({ table }) => `table ${table}`);
    for (const thing of [`dataset ${plan.name}`, ...tables, ...plan.top_n.map(({ view }) => `table ${view}`)]) {
      const owner = owners.get(thing);
      if (owner)
        throw new MillraceError('CONFIG_INVALID', `${file}: ${thing} is ${owner}'s already`, { place: { file } });
      owners.set(thing, file);
    }
    plans.set(plan.fingerprint, plan);
  }
  return plans;
}

/** The files that `loadPlans` reads for one path. */
function configFiles(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return [path];
  let files: string[];
  try {
    files = readdirSync(path).filter((file) => CONFIG.test(file));
  } catch (cause) {
    throw new MillraceError('CONFIG_INVALID', `${path}: no directory of datasets`, { cause });
  }
  if (files.length === 0) throw new MillraceError('CONFIG_INVALID', `${path}: holds no *.yaml or *.toml`);
  return files.sort().map((name) => join(path, name));
}

/** The current plan of a dataset: the last one of its name. @throws MillraceError CONFIG_INVALID when no dataset has that name */
export function planNamed(plans: Map<string, DatasetPlan>, name: string): DatasetPlan {
  const known = [...plans.values()];
  const plan = known.findLast((candidate) => candidate.name === name);
  if (plan) return plan;
  const names = [...new Set(known.map((candidate) => candidate.name))].join(', ');
  throw new MillraceError('CONFIG_INVALID', `no dataset is named ${name}; there are: ${names}`);
}

/** @throws MillraceError PLAN_UNKNOWN */
export function planWith(plans: Map<string, DatasetPlan>, fingerprint: string): DatasetPlan {
  const plan = plans.get(fingerprint);
  if (plan) return plan;
  throw new MillraceError('PLAN_UNKNOWN', `no dataset config here has the fingerprint ${fingerprint}`);
}
