/** Measures the steps of two worktrees in turns of some 60 ms: whatever slows the machine down meets both. */
import { StepProcess } from '../../steps/src/step-process.mjs';

/** Below this a row's garbage is that of the chunk: a few bytes more would be a large share of nothing. */
const LEAST_BYTES_PER_ROW = 16;

/**
 * One fresh process of each side, which then take turns.
 * @param {{ parent: string, commit: string }} worktrees @param {{ rows: number, turns: number, swap: boolean }} options
 * @returns {Promise<Map<string, [parent: number, commit: number][]>>} pairs of samples by measure; less is better
 */
export async function measureSteps(worktrees, { rows, turns, swap }) {
  const directories = [worktrees.parent, worktrees.commit];
  const sides = [];
  try {
    // One after the other: warming up is to find the machine alike.
    for (const side of swap ? [1, 0] : [0, 1]) sides[side] = await StepProcess.start(directories[side], { rows });
    const names = Object.keys(sides[0].steps).filter((name) => name in sides[1].steps);
    const found = new Map(names.map((name) => [`${name}: CPU s per 1M`, []]));
    for (let turn = 0; turn < turns; turn++) {
      const order = (turn % 2 === 0) === swap ? [1, 0] : [0, 1];
      for (const name of names) {
        const pair = [];
        for (const side of order) pair[side] = await sides[side].sample(name);
        found.get(`${name}: CPU s per 1M`).push(pair);
      }
    }
    for (const name of names) addBytes(found, name, sides);
    return found;
  } finally {
    for (const side of sides) side?.close();
  }
}

function addBytes(found, name, sides) {
  for (const kind of ['heap', 'buffer']) {
    const pair = sides.map(({ steps }) => steps[name][`${kind}_bytes_per_row`]);
    if (pair.includes(null) || Math.max(...pair) < LEAST_BYTES_PER_ROW) continue;
    found.set(`${name}: ${kind} B per row`, [pair.map((bytes) => Math.max(bytes, LEAST_BYTES_PER_ROW))]);
  }
}
