import { basename } from 'node:path';
import type { DatasetPlan } from '@millrace/dataset';
import { requireResumed } from '../checkpoints/require-resumed.js';
import { planPath } from '../commands/plan.js';
import type { RunScreen } from '../screen/run-screen.js';
import type { ServiceRecord } from '../supervisor/state.js';
import { exportErrors } from './export-errors.js';
import { followScan } from './follow.js';
import { readGold } from './gold.js';
import type { DatabaseLink } from './link.js';
import { peakMemory } from './peak-memory.js';
import { readDrift, readFindings } from './read-drift.js';
import { readReasons } from './rejects.js';
import { type ExitCode, exitCodeOf, type RunResult, redReasons, totalBooks } from './result.js';
import { countHeals, countSetAside, readBaseline, readScanBooks, requestScan } from './scan.js';
import { settle } from './settle.js';

export interface RunOptions {
  plan: DatasetPlan;
  /** Absolute. */
  path: string;
  link: DatabaseLink;
  kafka_brokers: () => string;
  services: () => readonly ServiceRecord[];
  problem: () => { code: string; message: string } | null;
  patience_ms: number;
  signal?: AbortSignal;
}

export interface RunOutcome {
  dataset: string;
  table: string;
  result: RunResult;
  exit_code: ExitCode;
}

/** One pass over a directory, from the request to the books. The services must run already, and know the plan. */
export async function runOnce(options: RunOptions, screen: RunScreen): Promise<RunOutcome> {
  const { plan, path, link, problem, patience_ms, signal } = options;
  const { plan: memory } = await planPath(path, plan);
  await link.ask((db) => requireResumed(db, plan.name));
  const baseline = await link.ask((db) => readBaseline(db, plan.name));
  const scan = await link.ask((db) => requestScan(db, plan, path, memory));
  const { seconds } = await followScan(link, scan, screen, {
    dataset: plan.name,
    path,
    patience_ms,
    problem,
    signal,
  });
  // Messages that belong to no chunk hold up no scan: those already sent shall count all the same.
  await settle(plan, options.kafka_brokers());

  const books = await link.ask((db) => readScanBooks(db, scan));
  const result: RunResult = {
    ...totalBooks(books),
    heals: await link.ask((db) => countHeals(db, scan, baseline)),
    set_aside: await link.ask((db) => countSetAside(db, plan.name, baseline)),
    seconds: Math.round(seconds * 1000) / 1000,
    mode: memory.mode,
    peak_rss_bytes: peakMemory(options.services()),
  };
  for (const { finding, path, files } of await link.ask((db) => readFindings(db, scan))) {
    screen.note(`${basename(path)}${files > 1 ? ` and ${files - 1} more` : ''}: ${finding}`);
  }
  screen.books(books, result);
  screen.drift(await link.ask((db) => readDrift(db, scan)));
  screen.rejects(await link.ask((db) => readReasons(db, { scan })));
  await exportErrors(plan, link, screen, books);
  screen.gold(await link.ask((db) => readGold(db, plan)));
  const exit_code = exitCodeOf(result, books, plan.reject_threshold);
  screen.result(result, exit_code, redReasons(result, books));
  return { dataset: plan.name, table: plan.table, result, exit_code };
}
