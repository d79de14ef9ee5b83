/** Cumulative counts of one histogram by the upper bounds of its buckets, in seconds; the last bound is Infinity. */
export type Buckets = Map<number, number>;

const BUCKET = /^millrace_freshness_seconds_bucket\{([^}]*)\} ([0-9.e+]+)/;

/** The freshness histogram of a dataset in a service's metrics; empty when it has none. */
export function freshnessOf(text: string, dataset?: string): Buckets {
  const buckets: Buckets = new Map();
  for (const line of text.split('\n')) {
    const match = BUCKET.exec(line);
    if (!match || (dataset !== undefined && !match[1].includes(`dataset="${dataset}"`))) continue;
    const bound = /le="([^"]+)"/.exec(match[1])?.[1];
    const seconds = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
    buckets.set(seconds, (buckets.get(seconds) ?? 0) + Number(match[2]));
  }
  return buckets;
}

export function sumBuckets(parts: Iterable<Buckets>): Buckets {
  const sum: Buckets = new Map();
  for (const part of parts) for (const [bound, count] of part) sum.set(bound, (sum.get(bound) ?? 0) + count);
  return sum;
}

/** What came between two readings of one process; all of the later one where it was started anew. */
export function bucketsSince(before: Buckets | undefined, now: Buckets): Buckets {
  if (!before || countOf(now) < countOf(before)) return now;
  return new Map([...now].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));
}

export function countOf(buckets: Buckets): number {
  return buckets.get(Number.POSITIVE_INFINITY) ?? 0;
}

export interface Freshness {
  /** Batches that were measured. */
  batches: number;
  /** Seconds from the arrival of the oldest row of a batch to the commit; estimated within the buckets. */
  p50_seconds: number;
  p99_seconds: number;
}

/** Null when nothing was measured. */
export function describeFreshness(buckets: Buckets): Freshness | null {
  const batches = countOf(buckets);
  if (batches === 0) return null;
  return { batches, p50_seconds: quantile(buckets, 0.5), p99_seconds: quantile(buckets, 0.99) };
}

/** Linear within a bucket, as Prometheus does it; beyond the last finite bound: that bound. */
function quantile(buckets: Buckets, share: number): number {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const wanted = share * countOf(buckets);
  let lower = 0;
  let below = 0;
  for (const bound of bounds) {
    const count = buckets.get(bound) ?? 0;
    if (count >= wanted && count > below) {
      if (bound === Number.POSITIVE_INFINITY) return lower;
      return round(lower + ((bound - lower) * (wanted - below)) / (count - below));
    }
    if (bound !== Number.POSITIVE_INFINITY) lower = bound;
    below = count;
  }
  return lower;
}

function round(seconds: number): number {
  return Math.round(seconds * 10_000) / 10_000;
}
