import { Generation } from './generation.js';
import { MemoryBudget } from './memory-budget.js';

/** All parts of a dataset begin with 8 MiB together: with 8 parts 1 MiB, 458,752 keys, each. 50M keys then take 120 MiB. */
const FIRST_LOG2_BLOCKS = 17;
const LEAST_LOG2_BLOCKS = 8;
const MAX_LOG2_BLOCKS = 24;
/** When doubling passes the bound, a generation of at least a quarter of the last is still worth its memory. */
const SMALLEST_STEP = 2;

/** @param parts of the dataset */
export function firstLog2BlocksOf(parts: number): number {
  return Math.max(LEAST_LOG2_BLOCKS, FIRST_LOG2_BLOCKS - Math.ceil(Math.log2(parts)));
}

/**
 * The keys of one part, remembered in 2.3 (full) to 5 bytes (just grown) a key: "new" is certain, "suspect" is wrong for under
 * 0.3 % of the new keys. Grown in generations, each twice the last: keys cannot be moved, as they are not kept.
 * Past the memory bound the last generation takes all: more and more is suspect, but a known key is never called new.
 */
export class KeyFilter {
  readonly generations: Generation[];
  /** True from the moment that a generation was wanted and did not fit into the bound. */
  saturated = false;

  /**
   * @param generations of a snapshot, oldest first; their memory is counted whatever the bound says
   * @param firstLog2Blocks size of the first generation when there is no snapshot
   */
  constructor(
    private readonly budget: MemoryBudget,
    generations: Generation[] = [],
    firstLog2Blocks = firstLog2BlocksOf(8),
  ) {
    this.generations = generations.length > 0 ? generations : [new Generation(firstLog2Blocks)];
    this.budget.reserveAnyway(this.size_bytes);
  }

  get size_bytes(): number {
    return this.generations.reduce((sum, generation) => sum + generation.size_bytes, 0);
  }

  get keys(): number {
    return this.generations.reduce((sum, generation) => sum + generation.keys, 0);
  }

  /**
   * Asks for and adds `rows` keys in one step.
   * @param hashes two lanes a row
   * @param bitmap zeroed, at least one bit a row, lowest bit first: gets 1 where the key may be known already
   * @returns how many bits are 1
   */
  screen(hashes: Uint32Array, rows: number, bitmap: Uint8Array): number {
    const { generations } = this;
    let active = generations[generations.length - 1];
    if (active.keys + rows > active.capacity_keys && active.keys > 0) active = this.grow(active);
    for (let index = generations.length - 2; index >= 0; index--) {
      generations[index].markKnown(hashes, rows, bitmap);
    }
    const before = active.keys;
    active.markKnownAndAdd(hashes, rows, bitmap);
    return rows - (active.keys - before);
  }

  /** Gives its memory back to the budget; the filter is not used again. */
  release(): void {
    this.budget.release(this.size_bytes);
  }

  private grow(last: Generation): Generation {
    const wanted = Math.min(last.log2Blocks + 1, MAX_LOG2_BLOCKS);
    const least = Math.max(1, last.log2Blocks - SMALLEST_STEP);
    for (let log2Blocks = wanted; log2Blocks >= least; log2Blocks--) {
      const generation = this.allocate(log2Blocks);
      if (!generation) continue;
      this.generations.push(generation);
      return generation;
    }
    this.saturated = true;
    return last;
  }

  private allocate(log2Blocks: number): Generation | undefined {
    const size_bytes = Generation.sizeOf(log2Blocks);
    if (!this.budget.reserve(size_bytes)) return undefined;
    try {
      return new Generation(log2Blocks);
    } catch {
      // The machine has less than the bound allows.
      this.budget.release(size_bytes);
      return undefined;
    }
  }
}
