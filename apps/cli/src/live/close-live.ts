import { setTimeout as sleep } from 'node:timers/promises';
import type { DatasetPlan } from '@millrace/dataset';
import type { Database } from '@millrace/postgres';
import { exportErrors } from '../run/export-errors.js';
import { readGold } from '../run/gold.js';
import type { DatabaseLink } from '../run/link.js';
import { readReasons } from '../run/rejects.js';
import { type ExitCode, exitCodeOf, type RunResult, redReasons, type SourceBooks } from '../run/result.js';
import { type Baseline, countSetAside, readBaseline } from '../run/scan.js';
import type { RunScreen } from '../screen/run-screen.js';
import { type DatasetTotals, readDatasetTotals, totalsSince } from './numbers.js';

const SETTLE_MS = 5000;
const POLL_MS = 200;
/** Sources whose books are listed at the end, those that are not right first. */
const SOURCES = 100;

/** Where a dataset stood before a live flow. */
export interface LiveBaseline {
  totals: DatasetTotals;
  /** The books of its inboxes. */
  inboxes: Map<number, SourceBooks>;
  heals: number;
  baseline: Baseline;
}

export async function readLiveBaseline(db: Database, plan: DatasetPlan): Promise<LiveBaseline> {
  return {
    totals: await readDatasetTotals(db, plan.name),
    inboxes: new Map((await readSources(db, plan.name, null)).map((books) => [books.source, books])),
    heals: await countHeals(db, plan.name),
    baseline: await readBaseline(db, plan.name),
  };
}

export interface CloseLiveOptions {
  plan: DatasetPlan;
  before: LiveBaseline;
  watch: number;
  seconds: number;
  /** What else is not as it must be. */
  findings?: string[];
}

/** The closing summary of a live flow, and its exit code. What was still on its way is no fault. */
export async function closeLive(
  link: DatabaseLink,
  screen: RunScreen,
  { plan, before, watch, seconds, findings = [] }: CloseLiveOptions,
): Promise<ExitCode> {
  await settled(link, plan.name);
  const { balanced, complete } = await link.ask((db) => readState(db, plan.name));
  const sources = await link.ask((db) => readSources(db, plan.name, watch));
  const books = sources.map((source) => booksSince(before.inboxes.get(source.source), source)).filter(hasNews);
  const result: RunResult = {
    ...totalsSince(before.totals, await link.ask((db) => readDatasetTotals(db, plan.name))),
    balanced,
    complete,
    heals: (await link.ask((db) => countHeals(db, plan.name))) - before.heals,
    set_aside: await link.ask((db) => countSetAside(db, plan.name, before.baseline)),
    seconds: Math.round(seconds * 1000) / 1000,
  };
  screen.books(books, result);
  screen.rejects(await link.ask((db) => readReasons(db, { dataset: plan.name })));
  await exportErrors(plan, link, screen, books);
  screen.gold(await link.ask((db) => readGold(db, plan)));
  const judged = { ...result, complete: true };
  const red = [...redReasons(judged, books), ...findings];
  const exit_code = red.length > 0 ? 1 : exitCodeOf(judged, books, plan.reject_threshold);
  screen.result(result, exit_code, red);
  return exit_code;
}

async function settled(link: DatabaseLink, dataset: string): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  while (Date.now() < deadline) {
    const { complete } = await link.ask((db) => readState(db, dataset));
    if (complete) return;
    await sleep(POLL_MS);
  }
}

async function readState(db: Database, dataset: string): Promise<{ balanced: boolean; complete: boolean }> {
  const [state] = await db.query<{ balanced: boolean; complete: boolean }>(
    `select coalesce(bool_and(balanced or not complete and state not in ('changed', 'vanished', 'failed')), true) as balanced,
       coalesce(bool_and(complete), true) as complete
     from millrace.books where dataset = $1`,
    [dataset],
  );
  return state;
}

/** What the flow brought to a source. */
function booksSince(before: SourceBooks | undefined, now: SourceBooks): SourceBooks {
  return before ? { ...now, ...totalsSince(before, now), skipped: now.skipped - before.skipped } : now;
}

function hasNews({ rows_in, balanced }: SourceBooks): boolean {
  return rows_in > 0 || !balanced;
}

/** Of the inboxes, and of the files of a watch. */
async function readSources(db: Database, dataset: string, watch: number | null): Promise<SourceBooks[]> {
  return db.query<SourceBooks>(
    `select b.source, b.path, b.rows_in::float8 as rows_in, b.written::float8 as written, b.duplicates::float8 as duplicates,
       b.rejected::float8 as rejected, b.skipped::float8 as skipped, b.failed::float8 as failed, b.state, b.balanced, b.complete
     from millrace.books b join millrace.sources s on s.id = b.source
     where b.dataset = $1 and (s.watch = $2 or s.kind = 'inbox' and b.rows_in > 0)
     order by b.balanced, b.source limit ${SOURCES}`,
    [dataset, watch],
  );
}

async function countHeals(db: Database, dataset: string): Promise<number> {
  const [{ heals }] = await db.query<{ heals: number }>(
    `select (select coalesce(sum(heals), 0) from millrace.chunks c join millrace.sources s on s.id = c.source where s.dataset = $1)::float8
       + (select coalesce(sum(heals), 0) from millrace.ranges r join millrace.sources s on s.id = r.source where s.dataset = $1)::float8 as heals`,
    [dataset],
  );
  return heals;
}
