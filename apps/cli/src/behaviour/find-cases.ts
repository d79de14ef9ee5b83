import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { compilePlan, type DatasetConfig, type DatasetPlan, parseConfig } from '@millrace/dataset';

/** A folder with `dataset.yaml` (or .toml), `input/`, and `expected/`. */
export interface BehaviourCase {
  /** Relative to the directory that was given. */
  name: string;
  directory: string;
  /** Absolute. */
  input: string;
  /** The config under names of its own, so that all cases have room in one database. */
  plan: DatasetPlan;
  /** The names in the config of the tables that there are now. */
  tables: { name: string; as: string; kind: 'rows' | 'gold' }[];
}

const CONFIGS = ['dataset.yaml', 'dataset.yml', 'dataset.toml'];

/** All cases below a directory, or the one that it is itself. @throws MillraceError CONFIG_INVALID */
export function findCases(path: string): BehaviourCase[] {
  const root = resolve(path);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new MillraceError('CONFIG_INVALID', 'no directory of cases', { place: { file: root } });
  }
  const folders = [root, ...readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name))];
  const cases = folders.flatMap((directory) => {
    const config = CONFIGS.map((name) => join(directory, name)).find((file) => existsSync(file));
    return config === undefined ? [] : [{ directory, config }];
  });
  if (cases.length === 0) {
    throw new MillraceError('CONFIG_INVALID', 'no folder there has a dataset.yaml', { place: { file: root } });
  }
  cases.sort((a, b) => (a.directory < b.directory ? -1 : 1));
  return cases.map(({ directory, config }, index) =>
    readCase(relative(root, directory) || basename(root), directory, config, index),
  );
}

function readCase(name: string, directory: string, file: string, index: number): BehaviourCase {
  const input = join(directory, 'input');
  if (!statSync(input, { throwIfNoEntry: false })?.isDirectory()) {
    throw new MillraceError('CONFIG_INVALID', 'the case has no folder input/', { place: { file: directory } });
  }
  const config = parseConfig(readFileSync(file, 'utf8'), file);
  const prefix = `c${index + 1}_`;
  const tables = [
    { name: config.table, as: renamed(prefix, config.table), kind: 'rows' as const },
    ...[...config.gold.map(({ table }) => table), ...config.top_n.map(({ view }) => view)].map((table) => ({
      name: table,
      as: renamed(prefix, table),
      kind: 'gold' as const,
    })),
  ];
  return { name, directory, input, plan: compilePlan(underNames(config, prefix)), tables };
}

function underNames(config: DatasetConfig, prefix: string): DatasetConfig {
  return {
    ...config,
    name: renamed(prefix, config.name),
    table: renamed(prefix, config.table),
    // One part is enough for what fits a case, and many cases are many topics.
    parts: 1,
    errors: null,
    gold: config.gold.map((gold) => ({ ...gold, table: renamed(prefix, gold.table) })),
    top_n: config.top_n.map((top) => ({ ...top, view: renamed(prefix, top.view), of: renamed(prefix, top.of) })),
  };
}

const NAME_CHARACTERS = 60;

function renamed(prefix: string, name: string): string {
  let cut = prefix + name;
  while (Buffer.byteLength(cut) > NAME_CHARACTERS) cut = [...cut].slice(0, -1).join('');
  return cut;
}
