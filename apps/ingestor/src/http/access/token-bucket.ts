/**
 * Tokens that come at a steady rate, up to a burst. Who finds any left may take as many as it needs, and so leave a debt
 * that nobody gets past before it is paid: one request may be larger than the burst, and the rate is kept all the same.
 * (rate-limiter-flexible counts in fixed windows, which let twice the rate through at their border, and never lets pass
 * what is larger than one.)
 */
export class TokenBucket {
  private tokens: number;
  private filled_at: number;

  constructor(
    private readonly per_second: number,
    private readonly burst: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = burst;
    this.filled_at = now();
  }

  /** Whole seconds until there are tokens again; 0 when there are. */
  get wait_s(): number {
    this.fill();
    return this.tokens > 0 ? 0 : Math.floor(-this.tokens / this.per_second) + 1;
  }

  /** @returns false, and takes none, while there is none */
  take(cost: number): boolean {
    this.fill();
    if (this.tokens <= 0) return false;
    this.tokens -= cost;
    return true;
  }

  private fill(): void {
    const now = this.now();
    const come = ((now - this.filled_at) / 1000) * this.per_second;
    this.tokens = Math.min(this.burst, this.tokens + come);
    this.filled_at = now;
  }
}
