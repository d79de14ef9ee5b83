/** Paired samples of two commits: how much worse the one is, and how sure that is. */
import { median, quantile } from '../../steps/src/statistics.mjs';

const RESAMPLES = 2000;
const CONFIDENCE = 0.95;

/** The same numbers in every run: a report that is made again from the same samples says the same. */
function* randomNumbers(seed) {
  for (let state = seed; ; ) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
}

/**
 * Median of the pairs' ratios, with a bootstrap interval: over groups first and over the pairs of a group then, as what two processes differ
 * by (where their code and heap came to lie) is in all pairs of a group. It holds each group's own median, too: few groups make a bootstrap
 * too sure.
 * @param {[before: number, after: number][][]} groups one for each pair of processes; less is better
 * @returns {{ before: number, after: number, ratio: number, low: number, high: number }}
 */
export function compare(groups) {
  const random = randomNumbers(1);
  const pick = (list) => list[Math.floor(random.next().value * list.length)];
  const resample = (list) => list.map(() => pick(list));
  const ratioOf = (pairs) => median(pairs.map(([before, after]) => after / before));
  const ratios = [];
  for (let turn = 0; turn < RESAMPLES; turn++) ratios.push(ratioOf(resample(groups).flatMap(resample)));
  const all = groups.flat();
  return {
    before: median(all.map(([before]) => before)),
    after: median(all.map(([, after]) => after)),
    ratio: ratioOf(all),
    low: Math.min(quantile(ratios, (1 - CONFIDENCE) / 2), ...groups.map(ratioOf)),
    high: Math.max(quantile(ratios, (1 + CONFIDENCE) / 2), ...groups.map(ratioOf)),
  };
}

/**
 * @param {{ low: number, high: number }} compared @param {number} threshold share, 0.05 = 5 %
 * @returns {'worse' | 'better' | 'same' | 'unsure'} worse and better only by more than the threshold and with confidence; unsure: there may
 * be a difference above the threshold, which the noise hides
 */
export function verdict({ low, high }, threshold) {
  if (low > 1 + threshold) return 'worse';
  if (high < 1 / (1 + threshold)) return 'better';
  return high <= 1 + threshold && low >= 1 / (1 + threshold) ? 'same' : 'unsure';
}
