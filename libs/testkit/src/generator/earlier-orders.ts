import type { Dice } from './dice.js';
import type { Order } from './order.js';

const RECENT = 1024;
/** One order in so many enters the recent ones: what is kept outlives the young generation of the heap. */
const RECENT_ONE_IN = 4;
const ANCIENT = 4096;
/** One order in so many enters the ancient ones, which thereby reach about a million orders back. */
const ANCIENT_ONE_IN = 256;

/** A bounded choice of orders that were written already: some just now, some long ago and in earlier files. */
export class EarlierOrders {
  private readonly recent: Order[] = [];
  private readonly ancient: Order[] = [];
  private count = 0;

  add(order: Order, dice: Dice): void {
    if (this.ancient.length < 16 || dice.below(ANCIENT_ONE_IN) === 0) {
      this.ancient[this.ancient.length < ANCIENT ? this.ancient.length : dice.below(ANCIENT)] = order;
    }
    if (this.count++ % RECENT_ONE_IN === 0) this.recent[((this.count - 1) / RECENT_ONE_IN) % RECENT] = order;
  }

  pick(dice: Dice): Order | undefined {
    if (this.count === 0) return undefined;
    return dice.pick(dice.below(2) ? this.recent : this.ancient);
  }
}
