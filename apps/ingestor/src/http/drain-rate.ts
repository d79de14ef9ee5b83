/** How long the newest measurement weighs as much as all before it, roughly. */
const WINDOW_MS = 5000;
export const RETRY_AFTER_S = { min: 1, max: 15 } as const;

/** How much drains in a second, as a moving average over what was measured. */
export class DrainRate {
  private per_s = 0;
  private drained = 0;
  private measured_at: number;

  constructor(private readonly now: () => number = Date.now) {
    this.measured_at = now();
  }

  /** @param drained since the last measurement */
  measure(drained: number): void {
    this.drained += drained;
    const elapsed_ms = this.now() - this.measured_at;
    if (elapsed_ms <= 0) return;
    this.measured_at += elapsed_ms;
    const weight = 1 - Math.exp(-elapsed_ms / WINDOW_MS);
    this.per_s += weight * ((this.drained * 1000) / elapsed_ms - this.per_s);
    this.drained = 0;
  }

  /** Nothing waited until now: that time says nothing. */
  resume(): void {
    this.measured_at = this.now();
  }

  /** Seconds until so much has drained, as Retry-After: 1 to 15, and 15 where nothing drains: what stands may go on at any moment. */
  secondsFor(excess: number): number {
    const seconds = this.per_s > 0 ? Math.ceil(excess / this.per_s) : Number.POSITIVE_INFINITY;
    return Math.min(Math.max(seconds, RETRY_AFTER_S.min), RETRY_AFTER_S.max);
  }
}
