import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Random choices that follow from the seed alone. */
export class Dice {
  private readonly generator;

  constructor(seed: number) {
    this.generator = xoroshiro128plus(seed);
    // The first outputs of neighbouring seeds resemble each other.
    for (let i = 0; i < 32; i++) this.generator.next();
  }

  /** An integer in 0 .. bound - 1; bound at most 2^21. */
  below(bound: number): number {
    return Math.floor(((this.generator.next() >>> 0) * bound) / 4294967296);
  }

  /** A number in [0, 1). */
  unit(): number {
    return (this.generator.next() >>> 0) / 4294967296;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}
