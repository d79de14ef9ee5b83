import { TokenBucket } from './token-bucket.js';

/** Of one address, at once and in the long run. */
const BURST = 20;
const PER_SECOND = 20 / 60;
/** About 2 MB. The address that failed longest ago makes room: what it gains is a burst. */
const MAX_ADDRESSES = 10_000;

/**
 * Counts requests that failed for their key, by the address they came from. Whoever has a right key is served from any
 * address: behind a proxy one broken client would otherwise lock out all others, and 256 random bits need no lock.
 */
export class FailedAttempts {
  private readonly addresses = new Map<string, TokenBucket>();

  constructor(private readonly now?: () => number) {}

  get size(): number {
    return this.addresses.size;
  }

  /** @returns seconds until the address may fail again; 0 while it may */
  fail(address: string): number {
    const bucket = this.addresses.get(address) ?? new TokenBucket(PER_SECOND, BURST, this.now);
    // The last one now.
    this.addresses.delete(address);
    if (this.addresses.size >= MAX_ADDRESSES) this.addresses.delete(this.addresses.keys().next().value as string);
    this.addresses.set(address, bucket);
    return bucket.take(1) ? 0 : bucket.wait_s;
  }
}
