import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { compilePlan } from './compile.js';
import { parseConfig } from './parse.js';
import type { DatasetPlan } from './plan.js';

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

/** All configs (`*.yaml`, `*.yml`) of a directory, by fingerprint. @throws MillraceError CONFIG_INVALID */
export function loadPlans(directory: string): Map<string, DatasetPlan> {
  let files: string[];
  try {
    files = readdirSync(directory).filter((file) => /\.ya?ml$/.test(file));
  } catch (cause) {
    throw new MillraceError('CONFIG_INVALID', `${directory}: no directory of datasets`, { cause });
  }
  if (files.length === 0) throw new MillraceError('CONFIG_INVALID', `${directory}: holds no *.yaml`);
  const plans = new Map<string, DatasetPlan>();
  const owners = new Map<string, string>();
  for (const file of files.sort().map((name) => join(directory, name))) {
    const plan = loadPlan(file);
    for (const thing of [`dataset ${plan.name}`, ...[plan, ...plan.gold].map(({ table }) => `table ${table}`)]) {
      const owner = owners.get(thing);
      if (owner)
        throw new MillraceError('CONFIG_INVALID', `${file}: ${thing} is ${owner}'s already`, { place: { file } });
      owners.set(thing, file);
    }
    plans.set(plan.fingerprint, plan);
  }
  return plans;
}

/** @throws MillraceError CONFIG_INVALID when no dataset has that name */
export function planNamed(plans: Map<string, DatasetPlan>, name: string): DatasetPlan {
  const known = [...plans.values()];
  const plan = known.find((candidate) => candidate.name === name);
  if (plan) return plan;
  const names = known.map((candidate) => candidate.name).join(', ');
  throw new MillraceError('CONFIG_INVALID', `no dataset is named ${name}; there are: ${names}`);
}

/** @throws MillraceError PLAN_UNKNOWN */
export function planWith(plans: Map<string, DatasetPlan>, fingerprint: string): DatasetPlan {
  const plan = plans.get(fingerprint);
  if (plan) return plan;
  throw new MillraceError('PLAN_UNKNOWN', `no dataset config here has the fingerprint ${fingerprint}`);
}
