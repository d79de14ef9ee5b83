import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MS = 5;

/**
 * Hands rows over at a steady pace, whatever becomes of them: what is due follows from the clock alone, so that a slow
 * consumer never slows the producer.
 * @param {{ rows_per_second: number, seconds: number, batch_rows: number }} pace
 * @param {(rows: number) => void} hand takes so many rows at once
 * @returns {Promise<number>} how late the latest rows were handed over, in milliseconds
 */
export async function atPace({ rows_per_second, seconds, batch_rows }, hand) {
  const all = Math.round(rows_per_second * seconds);
  const started = performance.now();
  let handed = 0;
  let latest_ms = 0;
  while (handed < all) {
    const elapsed_ms = performance.now() - started;
    const due = Math.min(all, Math.floor((elapsed_ms * rows_per_second) / 1000));
    while (handed < all && due - handed >= Math.min(batch_rows, all - handed)) {
      const rows = Math.min(batch_rows, all - handed);
      handed += rows;
      latest_ms = Math.max(latest_ms, elapsed_ms - (handed / rows_per_second) * 1000);
      hand(rows);
    }
    await sleep(TICK_MS);
  }
  return latest_ms;
}
