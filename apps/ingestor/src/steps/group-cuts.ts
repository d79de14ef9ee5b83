import type { PackedStep } from './record-cuts.js';

/** What is written down in one transaction at most. */
const GROUP_BYTES = 16 * 1024 * 1024;
const GROUP_STEPS = 192;

/**
 * Groups what is cut, so that many small files or a fast disk do not make a transaction a chunk. Groups grow from a
 * single chunk: the stages behind have work at once.
 */
export async function* groupCuts(steps: AsyncIterable<PackedStep>): AsyncGenerator<PackedStep[]> {
  let limit_bytes = 1;
  let group: PackedStep[] = [];
  let size_bytes = 0;
  for await (const step of steps) {
    group.push(step);
    if (step.kind === 'chunk') size_bytes += step.size_bytes;
    if (size_bytes < limit_bytes && group.length < GROUP_STEPS) continue;
    yield group;
    limit_bytes = Math.min(GROUP_BYTES, Math.max(size_bytes, 1) * 2);
    group = [];
    size_bytes = 0;
  }
  if (group.length > 0) yield group;
}
