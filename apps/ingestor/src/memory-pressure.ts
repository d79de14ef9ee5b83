import { totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { Logger } from '@millrace/telemetry';
import type { InFlightBytes } from './in-flight.js';

const POLL_MS = 500;
/** Of the memory that there is: alone in a control group, and beside broker, database and the other services. */
const SHARE_ALONE = 0.75;
const SHARE_AMONG_OTHERS = 0.25;
/** Between these shares of what it may use, all stays as it is. */
const HIGH = 0.9;
const LOW = 0.7;
const SMALL_CHUNK_BYTES = LIMITS.chunk_bytes / 4;

export interface Memory {
  used_bytes: number;
  /** What this process may use. */
  limit_bytes: number;
}

/** @param isAmongOthers whether a supervisor runs other services on the same machine, or in the same container */
export function memoryOf(isAmongOthers: boolean): Memory {
  const total = totalmem();
  // Without a control group Node answers 0, or a number beyond all memory.
  const constrained = process.constrainedMemory() || total;
  const isConstrained = constrained < total;
  const share = isConstrained && !isAmongOthers ? SHARE_ALONE : SHARE_AMONG_OTHERS;
  return { used_bytes: process.memoryUsage.rss(), limit_bytes: Math.min(constrained, total) * share };
}

/** Takes back what may be in flight while the process comes near its memory, and gives it again when there is room. */
export class MemoryPressure {
  private isHigh = false;

  constructor(
    private readonly in_flight: InFlightBytes,
    private readonly log: Pick<Logger, 'warn' | 'info'>,
    private readonly read: () => Memory = () => memoryOf(process.connected),
  ) {}

  /** Until the signal is aborted. @throws its reason */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      this.look();
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
  }

  look(): void {
    const { used_bytes, limit_bytes } = this.read();
    const isHigh = used_bytes > limit_bytes * HIGH;
    if (isHigh) this.in_flight.shrink();
    else if (used_bytes < limit_bytes * LOW) this.in_flight.grow();
    if (isHigh !== this.isHigh) {
      const told = { used_bytes, limit_bytes, in_flight_bytes: this.in_flight.limit_bytes };
      if (isHigh) this.log.warn(told, 'memory is short: less is in flight');
      else this.log.info(told, 'memory is no longer short');
    }
    this.isHigh = isHigh;
  }

  /** The size to cut chunks at; null: the usual one. @param planned what the run was planned with */
  chunkBytes(plan: DatasetPlan, planned: number | null): number | null {
    if (dependsOnChunks(plan)) return null;
    if (!this.isHigh) return planned;
    return Math.min(SMALL_CHUNK_BYTES, planned ?? SMALL_CHUNK_BYTES);
  }
}

/** Whether rows come out otherwise when chunks are cut otherwise: outliers are told by the other values of their chunk. */
export function dependsOnChunks(plan: Pick<DatasetPlan, 'columns'>): boolean {
  return plan.columns.some(({ outliers }) => outliers !== null && (outliers.low === null || outliers.high === null));
}
