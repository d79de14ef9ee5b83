import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import { requireResumed } from '../checkpoints/require-resumed.js';
import { Meter } from '../screen/progress.js';
import type { RunScreen } from '../screen/run-screen.js';
import type { DatabaseLink } from './link.js';
import { readProgress, readScan, type ScanRow } from './scan.js';

const POLL_MS = 200;
const PROGRESS_MS = 500;
/** A progress query over a large scan takes longer: it may use at most this share of the time. */
const PROGRESS_SHARE = 0.1;

export interface FollowOptions {
  dataset: string;
  path: string;
  /** Without any change for this long, the run is given up. */
  patience_ms: number;
  /** What the supervisor says keeps the flow from moving. */
  problem: () => { code: string; message: string } | null;
  signal?: AbortSignal;
}

/** Shows a scan until it has finished. @throws MillraceError RUN_INCOMPLETE when it failed or nothing moves any more */
export async function followScan(
  link: DatabaseLink,
  scan: number,
  screen: RunScreen,
  { dataset, path, patience_ms, problem, signal }: FollowOptions,
): Promise<ScanRow> {
  const meter = new Meter();
  let found = false;
  let seen = '';
  let moved_at = Date.now();
  let measure_at = 0;
  for (;;) {
    const row = await link.ask((db) => readScan(db, scan));
    if (!found && row.state !== 'requested' && row.state !== 'failed') {
      const { files, size_bytes, ignored, refused } = row;
      screen.found({ dataset, path, scan, files, size_bytes, ignored, refused });
      found = true;
    }
    const ended = row.state === 'finished' || row.state === 'failed';
    if (found && (Date.now() >= measure_at || ended)) {
      const asked_at = Date.now();
      const progress = await link.ask((db) => readProgress(db, scan));
      const now = Date.now();
      screen.progress(progress, meter.pace(progress, now));
      if (!ended) await link.ask((db) => requireResumed(db, dataset));
      measure_at = now + Math.max(PROGRESS_MS, (now - asked_at) / PROGRESS_SHARE);
      if (JSON.stringify(progress) !== seen) moved_at = now;
      seen = JSON.stringify(progress);
    }
    if (row.state === 'failed') throw scanFailed(row, dataset, path);
    if (row.state === 'finished') return row;
    const { code, message } = problem() ?? {};
    if (code === 'DISK_FULL') throw new MillraceError('DISK_FULL', message ?? 'no space left');
    if (Date.now() - moved_at > patience_ms) {
      const seconds = Math.round(patience_ms / 1000);
      throw new MillraceError('RUN_INCOMPLETE', `nothing has moved for ${seconds} s: scan ${scan} is ${row.state}`, {
        place: { dataset, file: path },
      });
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function scanFailed(row: ScanRow, dataset: string, path: string): MillraceError {
  const reason = row.error?.message ?? 'the ingestor gave no reason';
  const code = row.error?.code ? `${row.error.code}: ` : '';
  return new MillraceError('RUN_INCOMPLETE', `the ingestor could not scan the directory: ${code}${reason}`, {
    place: { dataset, file: path },
  });
}
