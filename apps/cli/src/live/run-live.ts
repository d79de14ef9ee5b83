import type { DatasetPlan } from '@millrace/dataset';
import { DatabaseLink } from '../run/link.js';
import type { ExitCode } from '../run/result.js';
import type { Servers } from '../run/with-services.js';
import type { RunScreen } from '../screen/run-screen.js';
import { closeLive, type LiveBaseline, readLiveBaseline } from './close-live.js';
import { followLive } from './follow-live.js';
import { addWatch, removeWatch } from './watches.js';

export interface LiveOptions {
  plan: DatasetPlan;
  /** Absolute. */
  path: string;
  servers: Servers;
  patience_ms: number;
}

export interface LiveFlow {
  link: DatabaseLink;
  before: LiveBaseline;
  watch: number;
}

/** Watches a directory and shows what comes of it, until `ending`. The services must run already. */
export async function runLive(options: LiveOptions, screen: RunScreen, ending: AbortSignal): Promise<ExitCode> {
  const { plan, servers } = options;
  return withWatch(options, screen, async ({ link, before, watch }) => {
    const started_at = Date.now();
    const { services } = servers;
    await followLive(link, screen, { dataset: plan.name, before: before.totals, services }, ending);
    return closeLive(link, screen, { plan, before, watch, seconds: (Date.now() - started_at) / 1000 });
  });
}

/** Does `work` while a directory is watched; one that was not watched before is not watched after. */
export async function withWatch<T>(
  { plan, path, servers, patience_ms }: LiveOptions,
  screen: RunScreen,
  work: (flow: LiveFlow) => Promise<T>,
): Promise<T> {
  let told = false;
  const link = new DatabaseLink(servers.database_url, {
    patience_ms,
    waiting: (reason) => {
      if (!told) screen.note(`waiting for PostgreSQL: ${reason}`);
      told = true;
    },
  });
  try {
    const before = await link.ask((db) => readLiveBaseline(db, plan));
    const request = { dataset: plan.name, path };
    const { id, added } = await link.ask((db) => addWatch(db, request));
    try {
      return await work({ link, before, watch: id });
    } finally {
      if (added) await link.ask((db) => removeWatch(db, request));
    }
  } finally {
    await link.close();
  }
}
