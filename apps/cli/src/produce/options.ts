import { randomInt } from 'node:crypto';
import { InvalidArgumentError } from 'commander';

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, '': 1000 };

/** Reads `60s`, `500ms`, `5m`, `1h`; a bare number is seconds. @returns milliseconds @throws InvalidArgumentError */
export function duration(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|)$/.exec(text.trim());
  if (!match) throw new InvalidArgumentError('A duration is wanted: 60s, 500ms, 5m, 1h.');
  return Math.round(Number(match[1]) * UNITS_MS[match[2]]);
}

/** A share from 0 to below 1. @throws InvalidArgumentError */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError('A share from 0 to below 1 is wanted.');
}

/** Another one each time, so that the orders of two producers do not meet. */
export function anySeed(): number {
  return randomInt(1, 2 ** 31);
}

/** Rows of a request where nobody says otherwise: some 20 requests a second, and none too large to answer soon. */
export function usualBatch(rows_per_second: number): number {
  return Math.min(500, Math.max(1, Math.round(rows_per_second / 20)));
}
