import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Generation } from './generation.js';
import { KeyFilter } from './key-filter.js';
import { MemoryBudget } from './memory-budget.js';

const roomy = () => new MemoryBudget(2 ** 30);
const bitmapFor = (rows: number) => new Uint8Array((rows + 7) >> 3);
const bitOf = (bitmap: Uint8Array, row: number) => (bitmap[row >> 3] >> (row & 7)) & 1;

/** Two lanes of the n-th key: a fixed pseudo-random sequence without repeats in the first lane. */
function lanes(first: number, rows: number): Uint32Array {
  const mix = (x: number) => {
    let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  const hashes = new Uint32Array(rows * 2);
  for (let row = 0; row < rows; row++) {
    hashes[2 * row] = mix(first + row);
    hashes[2 * row + 1] = mix(mix(first + row) ^ 0x9e3779b9);
  }
  return hashes;
}

function screen(filter: KeyFilter, hashes: Uint32Array) {
  const rows = hashes.length / 2;
  const bitmap = bitmapFor(rows);
  return { suspects: filter.screen(hashes, rows, bitmap), bitmap };
}

describe('KeyFilter', () => {
  it('never calls a key new that it has seen, whatever the keys, batches and bound', () => {
    const batches = fc.array(fc.uint32Array({ minLength: 2, maxLength: 400 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(batches, fc.integer({ min: 128, max: 4096 }), (arrays, max_bytes) => {
        const filter = new KeyFilter(new MemoryBudget(max_bytes), [], 1);
        const even = arrays.map((array) => array.subarray(0, array.length & ~1));
        for (const hashes of even) screen(filter, hashes);
        for (const hashes of even) {
          expect(filterKnows(filter, hashes)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('marks the second of two equal keys within one batch and not the first', () => {
    const once = lanes(1, 100);
    const twice = new Uint32Array(400);
    twice.set(once);
    twice.set(once, 200);
    const { suspects, bitmap } = screen(new KeyFilter(roomy()), twice);
    expect(suspects).toBe(100);
    expect([...Array(200).keys()].map((row) => bitOf(bitmap, row))).toEqual([
      ...Array(100).fill(0),
      ...Array(100).fill(1),
    ]);
  });

  it('suspects under 0.3 % of new keys at any fill, through five generations', () => {
    const filter = new KeyFilter(roomy(), [], 8);
    let suspects = 0;
    let keys = 0;
    let worst = 0;
    while (filter.generations.length < 6) {
      let within = 0;
      for (let batch = 0; batch < 25; batch++, keys += 1000) within += screen(filter, lanes(keys, 1000)).suspects;
      suspects += within;
      worst = Math.max(worst, within / 25_000);
    }
    expect(suspects / keys).toBeLessThan(0.0025);
    // A window of 25,000 keys has a deviation of its own: about 0.03 %.
    expect(worst).toBeLessThan(0.004);
  });

  it('suspects under 0.1 % of new keys in one generation that is full, and does not add by asking', () => {
    const generation = new Generation(12);
    for (let first = 0; generation.keys + 1000 < generation.capacity_keys; first += 1000) {
      generation.markKnownAndAdd(lanes(first, 1000), 1000, bitmapFor(1000));
    }
    const before = crc32(Buffer.from(generation.words.buffer));
    const bitmap = bitmapFor(200_000);
    generation.markKnown(lanes(1_000_000, 200_000), 200_000, bitmap);
    const suspects = [...Array(200_000).keys()].filter((row) => bitOf(bitmap, row) === 1).length;
    expect(suspects).toBeGreaterThan(0);
    expect(suspects).toBeLessThan(200);
    expect(crc32(Buffer.from(generation.words.buffer))).toBe(before);
  });

  it('finds every key that it added, whether asked or added again', () => {
    fc.assert(
      fc.property(fc.uint32Array({ minLength: 2, maxLength: 200 }), fc.integer({ min: 1, max: 6 }), (array, size) => {
        const keys = array.subarray(0, array.length & ~1);
        const rows = keys.length / 2;
        const generation = new Generation(size);
        const added = bitmapFor(rows);
        generation.markKnownAndAdd(keys, rows, added);
        const found = bitmapFor(rows);
        generation.markKnown(keys, rows, found);
        expect([...Array(rows).keys()].every((row) => bitOf(found, row) === 1)).toBe(true);
        const again = bitmapFor(rows);
        expect(generation.keys).toBe(rows - [...Array(rows).keys()].filter((row) => bitOf(added, row)).length);
        generation.markKnownAndAdd(keys, rows, again);
        expect(again).toEqual(found);
      }),
      { numRuns: 200 },
    );
  });

  it('sets the bits that it always set: a snapshot of an earlier release knows its keys', () => {
    const generation = new Generation(8);
    generation.markKnownAndAdd(lanes(1, 5000), 5000, bitmapFor(5000));
    // Another sum here is another layout: snapshots then need another version, or they would call known keys new.
    expect(crc32(Buffer.from(generation.words.buffer))).toBe(3372986690);
  });

  it('takes between 2.3 and 5 bytes a key once grown', () => {
    const filter = new KeyFilter(roomy(), [], 8);
    for (let keys = 0; filter.generations.length < 6; keys += 500) {
      screen(filter, lanes(keys, 500));
      if (filter.generations.length > 3) expect(filter.size_bytes / filter.keys).toBeLessThan(5);
    }
  });

  it('keeps all keys through growth', () => {
    const filter = new KeyFilter(roomy(), [], 6);
    for (let first = 0; first < 100_000; first += 1000) screen(filter, lanes(first, 1000));
    expect(filter.generations.length).toBeGreaterThan(4);
    for (let first = 0; first < 100_000; first += 1000) {
      expect(screen(filter, lanes(first, 1000)).suspects).toBe(1000);
    }
  });

  it('stays within the bound of its process, says so, and suspects more instead of forgetting', () => {
    const budget = new MemoryBudget(Generation.sizeOf(10) * 3);
    const filters = [new KeyFilter(budget, [], 8), new KeyFilter(budget, [], 8)];
    for (let first = 0; first < 400_000; first += 1000) {
      for (const filter of filters) screen(filter, lanes(first, 1000));
      expect(budget.used_bytes).toBeLessThanOrEqual(budget.max_bytes);
    }
    expect(filters.every((filter) => filter.saturated)).toBe(true);
    for (let first = 0; first < 400_000; first += 1000) expect(filterKnows(filters[0], lanes(first, 1000))).toBe(true);
    expect(screen(filters[1], lanes(500_000, 1000)).suspects).toBeGreaterThan(100);
  });

  it('spreads over its blocks although the keys of one part share their lane modulo 8', () => {
    const filter = new KeyFilter(roomy(), [], 12);
    let suspects = 0;
    for (let first = 0; first < 100_000; first += 1000) {
      const hashes = lanes(first, 1000).map((lane, index) => (index % 2 === 0 ? (lane & ~7) | 3 : lane));
      suspects += screen(filter, hashes).suspects;
    }
    expect(suspects).toBeLessThan(100);
  });

  it('gives its memory back when it is released', () => {
    const budget = roomy();
    const filter = new KeyFilter(budget, [], 8);
    for (let first = 0; first < 50_000; first += 1000) screen(filter, lanes(first, 1000));
    expect(budget.used_bytes).toBe(filter.size_bytes);
    filter.release();
    expect(budget.used_bytes).toBe(0);
  });
});

/** Whether every key is found, without adding any. */
function filterKnows(filter: KeyFilter, hashes: Uint32Array): boolean {
  const rows = hashes.length / 2;
  const bitmap = bitmapFor(rows);
  for (const generation of filter.generations) generation.markKnown(hashes, rows, bitmap);
  return [...Array(rows).keys()].every((row) => bitOf(bitmap, row) === 1);
}
