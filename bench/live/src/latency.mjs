/** Exact quantiles of latencies. */

/** The smallest value that at least that share of all values does not pass. @param {number[]} sorted @param {number} share */
export function quantile(sorted, share) {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/**
 * @param {number[]} values milliseconds
 * @returns {{ count: number, mean_ms: number, p50_ms: number, p95_ms: number, p99_ms: number, max_ms: number }}
 */
export function distribution(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => round(quantile(sorted, share));
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    count: values.length,
    mean_ms: round(sum / values.length),
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
    max_ms: at(1),
  };
}

const round = (value) => Math.round(value * 10) / 10;
