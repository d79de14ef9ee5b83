import type { SalesRow } from './sales-batches.js';

/** A small generator with a seed of its own: the same numbers on every run. */
export function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % sides;
  };
}

export function shuffled<T>(list: T[], roll: (sides: number) => number): T[] {
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = roll(index + 1);
    [copy[index], copy[other]] = [copy[other], copy[index]];
  }
  return copy;
}

export interface DirtySpec {
  sources?: number;
  /** Of each source. */
  chunks?: number;
  rows?: number;
  keys?: number;
}

/** Chunks of several sources with many repeated keys, within a chunk, a source and over sources. */
export function dirtyChunks(spec: DirtySpec = {}): Map<string, SalesRow[]> {
  const { sources = 3, chunks: per_source = 3, rows = 120, keys = 250 } = spec;
  const roll = dice(7);
  const chunks = new Map<string, SalesRow[]>();
  for (let source = 1; source <= sources; source++) {
    for (let chunk = 0; chunk < per_source; chunk++) {
      chunks.set(
        `${source}/${chunk}`,
        Array.from({ length: rows }, (_, index) => ({
          order_id: `o-${roll(keys)}`,
          record: chunk * (rows + 30) + index + 1,
          product_name: `product ${roll(9)}`,
          region: ['north', 'south', 'Östland'][roll(3)],
          category: `c${roll(4)}`,
          quantity: 1 + roll(1_000_000_000),
          unit_price: `${roll(99_999)}.${String(roll(10_000)).padStart(4, '0')}`,
          revenue: `${roll(1_000_000_000)}${roll(1_000_000_000)}.${10 + roll(90)}`,
          sale_date: `2024-0${1 + roll(9)}-1${roll(9)}`,
        })),
      );
    }
  }
  return chunks;
}
