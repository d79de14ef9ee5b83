const FIRST_MS = 200;
const LONGEST_MS = 10_000;
/** A service that dies of what it meets does so sooner; one that was killed from outside is wanted back at once. */
const HEALTHY_MS = 2_000;

/** How long to wait before the next start after this many deaths in a row (from 1). */
export function restartDelay(deaths: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, deaths - 1));
}

/** Deaths in a row counting the one just seen: a process that had been healthy for 2 s starts the count anew. */
export function countDeath(deaths: number, healthy_ms: number): number {
  return healthy_ms >= HEALTHY_MS ? 1 : deaths + 1;
}
