import { realpath } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { type DatasetPlan, usesFile } from '@millrace/dataset';
import type { Database } from '@millrace/postgres';
import { currentPlan, type PlanRegistry, type Plans } from '@millrace/stage';
import { autoColumns } from '../steps/inspect/choose-date-formats.js';
import type { FileToInspect } from '../steps/inspect-source.js';
import { type ClaimedSource, openSources } from '../steps/open-sources.js';
import type { Inspector } from './inspector.js';

export interface DecideParts {
  db: Database;
  dataset: string;
  plans: Plans;
  registry?: Pick<PlanRegistry, 'ask'>;
  inspector: Inspector;
}

export interface DecidedSources {
  /** In their order, each with what is decided about it. */
  decided: ClaimedSource[];
  /** Sources that must not be cut: they are at their end. */
  refused: number[];
}

/**
 * Makes sure that it is decided how claimed sources are read, and that their plans are known here. Most were looked at when
 * they were listed; not those that had no whole header then, could not be read, or must be sealed first.
 */
export async function decideSources(parts: DecideParts, sources: ClaimedSource[]): Promise<DecidedSources> {
  const { db, dataset, plans, registry, inspector } = parts;
  for (const fingerprint of new Set(sources.flatMap(({ observed }) => observed?.plan ?? []))) {
    await registry?.ask(fingerprint);
  }
  const plan = currentPlan(plans, dataset) as DatasetPlan;
  const undecided = sources.filter((source) => isUndecided(source, plan));
  if (undecided.length === 0) return { decided: sources, refused: [] };
  const findings = await inspector.inspect({ dataset, scan: null }, await Promise.all(undecided.map(fileOf)));
  const ids = new Map(undecided.map(({ path, id }) => [path, id]));
  await db.transaction((tx) => findings.write(tx, (path) => ids.get(path) ?? null));
  // Another one may have been faster: what stands there counts.
  const stored = new Map((await openSources(db, [...ids.values()])).map((source) => [source.id, source]));
  const decided = sources.flatMap((source) => {
    if (!undecided.includes(source)) return [source];
    const now = stored.get(source.id);
    if (now?.state !== 'registered') return [];
    if (!isUndecided(now, plan)) return [now];
    return [{ ...now, decision: findings.errors.get(source.path) ?? ('later' as const) }];
  });
  const kept = new Set(decided.map(({ id }) => id));
  return { decided, refused: undecided.map(({ id }) => id).filter((id) => !kept.has(id)) };
}

/** Sources that were begun before there were inspections are plain; a later version may ask for more than was kept. */
function isUndecided({ observed, header, context }: ClaimedSource, plan: DatasetPlan): boolean {
  if (observed === null && header === null) return true;
  return context === null && (usesFile(plan) || autoColumns(plan).length > 0);
}

async function fileOf(source: ClaimedSource): Promise<FileToInspect> {
  const { path, directory, compression, sealed, sealed_bytes, roots } = source;
  const root = directory && (await realpath(directory).catch(() => directory));
  return { path, name: root ? relative(root, path) : basename(path), compression, sealed, sealed_bytes, roots };
}
