import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseLink } from '../run/link.js';
import type { RunScreen } from '../screen/run-screen.js';
import type { ServiceRecord } from '../supervisor/state.js';
import { GaugeReader } from './gauges.js';
import { type DatasetTotals, readDatasetTotals, resolvedRows, totalsSince } from './numbers.js';
import { readWatches } from './watches.js';

const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** Looking may take at most this share of the time. */
const SHARE = 0.25;
const PACE_MS = 5000;

export interface FollowLiveOptions {
  dataset: string;
  /** Where the dataset stood when it was looked at first. */
  before: DatasetTotals;
  services: () => readonly ServiceRecord[];
}

/** Shows a live flow until it is aborted. Memory does not grow with time. */
export async function followLive(
  link: DatabaseLink,
  screen: RunScreen,
  { dataset, before, services }: FollowLiveOptions,
  ending: AbortSignal,
): Promise<void> {
  const gauges = new GaugeReader(dataset);
  const started_at = Date.now();
  const samples: { at_ms: number; rows: number }[] = [];
  while (!ending.aborted) {
    const asked_at = Date.now();
    const [totals, troubles] = await link.ask(async (db) => [
      totalsSince(before, await readDatasetTotals(db, dataset)),
      await readTroubles(db, dataset),
    ]);
    const gauge = await gauges.read(services());
    const now = Date.now();
    samples.push({ at_ms: now, rows: resolvedRows(totals) });
    while (samples.length > 2 && now - samples[1].at_ms >= PACE_MS) samples.shift();
    const [first] = samples;
    const elapsed_ms = Math.max(1, now - first.at_ms);
    screen.live({
      dataset,
      ...totals,
      ...gauge,
      rows_per_second: Math.round(Math.max(0, ((resolvedRows(totals) - first.rows) * 1000) / elapsed_ms)),
      seconds: Math.round((now - started_at) / 100) / 10,
      troubles,
    });
    const pause_ms = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, (now - asked_at) / SHARE));
    await sleep(pause_ms, undefined, { signal: ending }).catch(() => undefined);
  }
}

async function readTroubles(db: Parameters<typeof readWatches>[0], dataset: string): Promise<string[]> {
  const watches = (await readWatches(db)).filter((watch) => watch.dataset === dataset);
  return watches.flatMap(({ path, error, red }) => [
    ...(error ? [`${path}: ${error.message ?? error.code ?? 'cannot be read'}`] : []),
    ...(red > 0 ? [`${path}: ${red} files not right (npx millrace books)`] : []),
  ]);
}
