import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { type DatasetPlan, loadPlan, loadPlans, planNamed } from '@millrace/dataset';
import { datasetsDirectory } from './project.js';

/** What `--dataset` may name, for its help. */
export const DATASET_OPTION = 'a dataset by its name, a config file, or a directory of configs';

/**
 * The datasets that `--dataset` names: one by its name (of MILLRACE_DATASETS), one by its config file, or all of a directory.
 * @throws MillraceError CONFIG_INVALID
 */
export function resolvePlans(named: string): DatasetPlan[] {
  const isPath = /[/\\]|\.(ya?ml|toml)$/i.test(named);
  const isThere = existsSync(named);
  if (isPath && !isThere) throw new MillraceError('CONFIG_INVALID', `${named}: no such file or directory`);
  if (isPath || (isThere && !isKnown(named))) return [...loadPlans(named).values()];
  return [planNamed(loadPlans(datasetsDirectory()), named)];
}

/** The same where it must be one. @throws MillraceError CONFIG_INVALID */
export function resolvePlan(named: string): DatasetPlan {
  const plans = resolvePlans(named);
  if (plans.length === 1) return plans[0];
  const names = plans.map(({ name }) => name).join(', ');
  throw new MillraceError('CONFIG_INVALID', `${named} has several datasets (${names}): name the config file of one`);
}

function isKnown(name: string): boolean {
  try {
    return [...loadPlans(datasetsDirectory()).values()].some((plan) => plan.name === name);
  } catch {
    // What is wrong with the default directory does not matter to who names another.
    return false;
  }
}

/** The config file of a dataset that is named, or that file itself. @throws MillraceError CONFIG_INVALID */
export function findConfig(named: string): string {
  if (statSync(named, { throwIfNoEntry: false })?.isFile()) return named;
  const directory = datasetsDirectory();
  const files = readdirSync(directory).filter((file) => /\.(ya?ml|toml)$/i.test(file));
  const found = files.map((file) => join(directory, file)).find((file) => loadPlan(file).name === named);
  if (found) return found;
  throw new MillraceError('CONFIG_INVALID', `no config in ${directory} is of dataset ${named}: name the file`);
}
