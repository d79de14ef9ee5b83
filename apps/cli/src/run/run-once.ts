import type { DatasetPlan } from '@millrace/dataset';
import type { RunScreen } from '../screen/run-screen.js';
import { followScan } from './follow.js';
import { readGold } from './gold.js';
import { DatabaseLink } from './link.js';
import { readReasons } from './rejects.js';
import { type ExitCode, exitCodeOf, type RunResult, redReasons, totalBooks } from './result.js';
import { countHeals, countSetAside, readBaseline, readScanBooks, requestScan } from './scan.js';
import { settle } from './settle.js';

export interface RunOptions {
  plan: DatasetPlan;
  /** Absolute. */
  path: string;
  database_url: () => string;
  kafka_brokers: () => string;
  problem: () => { code: string; message: string } | null;
  patience_ms: number;
  signal?: AbortSignal;
}

/** One pass over a directory, from the request to the books. The services must run already. */
export async function runOnce(options: RunOptions, screen: RunScreen): Promise<ExitCode> {
  const { plan, path, problem, patience_ms, signal } = options;
  let told = false;
  const link = new DatabaseLink(options.database_url, {
    patience_ms,
    signal,
    waiting: (reason) => {
      if (!told) screen.note(`waiting for PostgreSQL: ${reason}`);
      told = true;
    },
  });
  try {
    const baseline = await link.ask((db) => readBaseline(db, plan.name));
    const scan = await link.ask((db) => requestScan(db, plan, path));
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
    };
    screen.books(books, result);
    screen.rejects(await link.ask((db) => readReasons(db, { scan })));
    screen.gold(await link.ask((db) => readGold(db, plan)));
    const exit_code = exitCodeOf(result, books, plan.reject_threshold);
    screen.result(result, exit_code, redReasons(result, books));
    return exit_code;
  } finally {
    await link.close();
  }
}
