import type { Dice } from '../generator/dice.js';

/** A record that was written: what a later one may repeat. */
export interface EarlierRow {
  /** By header, as it stands in the file. */
  raw: Record<string, string>;
  key: string;
  file: string;
  record: number;
}

const RECENT = 64;
const ANCIENT = 256;
/** One row in so many enters the ancient ones once there are some. */
const ANCIENT_ONE_IN = 32;

/** A bounded choice of earlier rows: some just now, some long ago and in earlier files. */
export class EarlierRows {
  private readonly recent: EarlierRow[] = [];
  private readonly ancient: EarlierRow[] = [];
  private count = 0;

  add(row: EarlierRow, dice: Dice): void {
    if (this.ancient.length < 16 || dice.below(ANCIENT_ONE_IN) === 0) {
      this.ancient[this.ancient.length < ANCIENT ? this.ancient.length : dice.below(ANCIENT)] = row;
    }
    this.recent[this.count++ % RECENT] = row;
  }

  pick(dice: Dice): EarlierRow | undefined {
    return this.count === 0 ? undefined : dice.pick(dice.below(2) ? this.recent : this.ancient);
  }
}
