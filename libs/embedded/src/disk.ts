import { statfs } from 'node:fs/promises';
import { MillraceError } from '@millrace/contracts';

export const DISK_BOUNDS = {
  /** Less than this and nothing is started. */
  start_bytes: 128 * 1024 * 1024,
  /** Less than this while running and the flow should stop: PostgreSQL still needs some to write its checkpoint. */
  floor_bytes: 64 * 1024 * 1024,
} as const;

/** Bytes that an unprivileged process may still write under `home`, which must exist. */
export async function freeBytes(home: string): Promise<number> {
  const { bavail, bsize } = await statfs(home);
  return bavail * bsize;
}

/** @throws MillraceError DISK_FULL */
export async function requireFreeBytes(home: string, bound_bytes: number = DISK_BOUNDS.start_bytes): Promise<void> {
  const free = await freeBytes(home);
  if (free < bound_bytes) throw diskFull(home, free, bound_bytes);
}

export function diskFull(home: string, free_bytes: number, needed_bytes: number, cause?: unknown): MillraceError {
  const text = `disk full: ${inMegabytes(free_bytes)} free under ${home}, at least ${inMegabytes(needed_bytes)} needed; make space and start again, nothing is lost`;
  return new MillraceError('DISK_FULL', text, { cause });
}

export interface DiskWatch {
  floor_bytes?: number;
  interval_ms?: number;
  /** Free space fell under the floor: called once until it recovers. */
  onLow: (error: MillraceError) => void;
  /** Free space is a quarter above the floor again. */
  onRecovered?: (free_bytes: number) => void;
}

/** Watches the free space under `home` until the returned function is called. Does not keep the process alive. */
export function watchDisk(home: string, watch: DiskWatch): () => void {
  const floor = watch.floor_bytes ?? DISK_BOUNDS.floor_bytes;
  let low = false;
  let stopped = false;
  const check = async () => {
    // An unreadable home is not a full one: whoever uses it will say so.
    const free = await freeBytes(home).catch(() => undefined);
    if (free === undefined || stopped) return;
    if (!low && free < floor) {
      low = true;
      watch.onLow(diskFull(home, free, floor));
    } else if (low && free >= floor * 1.25) {
      low = false;
      watch.onRecovered?.(free);
    }
  };
  const timer = setInterval(check, watch.interval_ms ?? 1000);
  timer.unref();
  void check();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

function inMegabytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`;
}
