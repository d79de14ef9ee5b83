import type { Part } from '../part.js';

const TICK_MS = 1000;
const MIB = 1024 * 1024;

export interface SnapshotTiming {
  /** A filter that changed is written after this long... */
  every_ms: number;
  /** ...or after this many rows. */
  every_rows: number;
  /** Neither when that would write more than this, over all parts: large filters are written less often. */
  max_bytes_per_second: number;
}

export const SNAPSHOT_TIMING: SnapshotTiming = {
  every_ms: 15_000,
  every_rows: 2_000_000,
  max_bytes_per_second: 8 * MIB,
};

export interface SnapshotEvents {
  saved(part: Part, size_bytes: number, duration_ms: number): void;
  failed(part: Part, error: unknown): void;
}

/** Writes the filters to disk, one part at a time, when they have changed for long enough. */
export class Snapshotter {
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private busy = false;

  constructor(
    private readonly parts: Iterable<Part>,
    /** Writes what `part.covered` and its generations are at the call. @returns bytes written */
    private readonly save: (part: Part) => Promise<number>,
    private readonly events: SnapshotEvents,
    private readonly timing: SnapshotTiming = SNAPSHOT_TIMING,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      if (!this.busy) this.writing = this.write((part, pace_ms) => isDue(part, pace_ms, this.timing));
    }, TICK_MS);
    this.timer.unref();
  }

  /** Writes whatever changed. Nothing may be screened any more. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    await this.write(isDirty);
  }

  private async write(wanted: (part: Part, pace_ms: number) => boolean): Promise<void> {
    this.busy = true;
    const parts = [...this.parts];
    const total_bytes = parts.reduce((sum, part) => sum + (part.filter?.size_bytes ?? 0), 0);
    const pace_ms = (total_bytes / this.timing.max_bytes_per_second) * 1000;
    for (const part of parts) if (wanted(part, pace_ms)) await this.writeOne(part);
    this.busy = false;
  }

  private async writeOne(part: Part): Promise<void> {
    const start_ms = Date.now();
    const { covered, rows_since_snapshot } = part;
    try {
      const size_bytes = await this.save(part);
      part.snapshot_offset = covered;
      part.rows_since_snapshot -= rows_since_snapshot;
      this.events.saved(part, size_bytes, Date.now() - start_ms);
    } catch (error) {
      // A full disk costs the next start its speed, nothing else: the rest goes on, and the next turn tries again.
      this.events.failed(part, error);
    }
    part.snapshot_at_ms = Date.now();
  }
}

/** A filter that still misses keys would lie after the next start: it is not worth keeping. */
function isDirty(part: Part): boolean {
  return part.filter !== null && part.complete && !part.lost && part.rows_since_snapshot > 0;
}

function isDue(part: Part, pace_ms: number, timing: SnapshotTiming): boolean {
  if (!isDirty(part)) return false;
  const age_ms = Date.now() - part.snapshot_at_ms;
  return age_ms >= pace_ms && (age_ms >= timing.every_ms || part.rows_since_snapshot >= timing.every_rows);
}
