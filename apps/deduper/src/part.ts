import type { KeyFilter } from './filter/key-filter.js';

/**
 * What to do with a record: `refill` = it was published before this start, only its keys are wanted; `screen` = pass
 * it on. In doubt a record is passed on again: the books know it already, while one that is kept back would be lost.
 */
export type Step = 'refill' | 'screen';

/** What the deduper holds of one part (one partition of `silver.<dataset>`) that it owns. */
export class Part {
  /** Where the newest own or loaded snapshot begins to miss records; silver is kept from here. */
  snapshot_offset: bigint;
  /** False while keys known to the table are missing from the filter: everything is suspect then. */
  complete: boolean;
  /** The partition went to another member: whoever still holds this part lets go of it. */
  lost = false;
  rows_since_snapshot = 0;
  snapshot_at_ms = Date.now();
  private next_offset: bigint;
  private committed: bigint;
  private reached: bigint | undefined;
  /** Records below this offset were committed before this start; undefined when the refill is over. */
  private refill_until: bigint | undefined;

  /**
   * @param filter null where rows have no key: all of them are new then, and there is nothing to remember
   * @param start `begin` is the first record to come, `committed` the first that was not published before
   */
  constructor(
    readonly dataset: string,
    readonly topic: string,
    readonly partition: number,
    readonly filter: KeyFilter | null,
    start: { begin: bigint; committed: bigint; complete: boolean },
  ) {
    this.next_offset = start.begin;
    this.snapshot_offset = start.begin;
    this.committed = start.committed;
    this.refill_until = start.committed;
    this.complete = start.complete;
  }

  /**
   * Moves on to a record.
   * @param onGap called when records that the filter needs are gone from the topic
   */
  reach(offset: bigint, onGap: () => void): Step {
    // The record that was reached last comes once more when its step threw; no other one does.
    if (offset < this.next_offset && offset !== this.reached) this.startOver(offset);
    this.reached = offset;
    if (this.refill_until !== undefined) {
      if (offset > this.next_offset) {
        this.refill_until = undefined;
        onGap();
      } else if (offset >= this.refill_until) this.refill_until = undefined;
    }
    if (offset >= this.next_offset) this.next_offset = offset + 1n;
    return this.refill_until === undefined ? 'screen' : 'refill';
  }

  /** Every record below `offset` is screened and its output acknowledged. */
  commit(offset: bigint): void {
    if (offset > this.committed) this.committed = offset;
    if (!this.filter) this.snapshot_offset = this.committed;
  }

  /** Where a restart would have to begin if it had the filter as it is now. */
  get covered(): bigint {
    if (this.next_offset < this.committed) return this.next_offset;
    return this.committed;
  }

  /** The topic was made anew: its offsets have nothing to do with the former ones. The keys stay: the table has them. */
  private startOver(offset: bigint): void {
    this.next_offset = offset;
    this.committed = offset;
    this.snapshot_offset = offset;
    this.refill_until = undefined;
  }
}
