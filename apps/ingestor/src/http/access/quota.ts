import { HttpProblem } from '../problem.js';
import { TokenBucket } from './token-bucket.js';

/** What a key may send; null is without bound. */
export interface Rates {
  rows_per_second: number | null;
  bytes_per_second: number | null;
}

/** How many seconds' worth may come at once. */
export const BURST_S = 2;

/** What is left of a key's rates at this instance: each one counts for itself. */
export class Quota {
  private readonly rows: Rate | null;
  private readonly bytes: Rate | null;

  constructor({ rows_per_second, bytes_per_second }: Rates, now?: () => number) {
    this.rows = rows_per_second === null ? null : new Rate('rows', rows_per_second, now);
    this.bytes = bytes_per_second === null ? null : new Rate('bytes', bytes_per_second, now);
  }

  /** Before anything is read. @throws HttpProblem RATE_LIMITED with Retry-After */
  check(): void {
    this.rows?.check();
    this.bytes?.check();
  }

  /** Those of a body. @throws HttpProblem RATE_LIMITED */
  takeBytes(count: number): void {
    this.bytes?.take(count);
  }

  /** @throws HttpProblem RATE_LIMITED */
  takeRows(count: number): void {
    this.rows?.take(count);
  }
}

class Rate {
  private readonly bucket: TokenBucket;

  constructor(
    private readonly unit: 'rows' | 'bytes',
    private readonly per_second: number,
    now?: () => number,
  ) {
    this.bucket = new TokenBucket(per_second, BURST_S * per_second, now);
  }

  check(): void {
    const { wait_s } = this.bucket;
    if (wait_s > 0) throw this.usedUp(wait_s);
  }

  take(count: number): void {
    if (!this.bucket.take(count)) throw this.usedUp(this.bucket.wait_s);
  }

  private usedUp(wait_s: number): HttpProblem {
    const { unit, per_second } = this;
    return new HttpProblem(
      'RATE_LIMITED',
      `The key's ${per_second} ${unit} a second are used up: repeat the request in ${wait_s} s. Nothing was taken.`,
      { headers: { 'retry-after': String(wait_s) } },
    );
  }
}
