const INITIAL_SLOTS = 1024;

/**
 * Numbers the distinct tuples of small integers in order of appearance: an open-addressing hash table over typed arrays,
 * so that grouping a row makes no string and no object.
 */
export class GroupIndex {
  /** Group + 1 by hash; 0 = free. Never more than half full. */
  private slots = new Int32Array(INITIAL_SLOTS);
  private ids: Int32Array;
  groups = 0;

  /** @param width ids in a tuple */
  constructor(private readonly width: number) {
    this.ids = new Int32Array((INITIAL_SLOTS / 2) * width);
  }

  /** The group of each row: `tuple[d][r]` is row `r`'s id in dimension `d`. Fills `groups[0 .. rows)`. */
  assign(tuple: readonly Int32Array[], rows: number, groups: Uint32Array): void {
    // First the hashes, in the place of the groups: dimension by dimension, as each loop then knows its array.
    groups.fill(0, 0, rows);
    for (const ids of tuple) for (let row = 0; row < rows; row++) groups[row] = mix(groups[row] ^ ids[row]);
    const [first, second] = [tuple[0], tuple[this.width - 1]];
    const { width } = this;
    for (let row = 0; row < rows; row++) {
      const { slots, ids } = this;
      const mask = slots.length - 1;
      let slot = groups[row] & mask;
      let group = slots[slot] - 1;
      while (group >= 0) {
        const at = group * width;
        const mayBe = ids[at] === first[row] && ids[at + width - 1] === second[row];
        if (mayBe && (width <= 2 || this.holds(group, tuple, row))) break;
        slot = (slot + 1) & mask;
        group = slots[slot] - 1;
      }
      groups[row] = group >= 0 ? group : this.insert(slot, tuple, row);
    }
  }

  /** The id of a group in dimension `d`. */
  idOf(group: number, d: number): number {
    return this.ids[group * this.width + d];
  }

  private holds(group: number, tuple: readonly Int32Array[], row: number): boolean {
    for (let d = 0, at = group * this.width; d < this.width; d++) if (this.ids[at + d] !== tuple[d][row]) return false;
    return true;
  }

  private insert(slot: number, tuple: readonly Int32Array[], row: number): number {
    const group = this.groups++;
    this.slots[slot] = group + 1;
    for (let d = 0; d < this.width; d++) this.ids[group * this.width + d] = tuple[d][row];
    if (this.groups * 2 >= this.slots.length) this.grow();
    return group;
  }

  private grow(): void {
    const ids = new Int32Array(this.ids.length * 2);
    ids.set(this.ids);
    this.ids = ids;
    this.slots = new Int32Array(this.slots.length * 2);
    for (let group = 0; group < this.groups; group++) {
      let hash = 0;
      for (let d = 0; d < this.width; d++) hash = mix(hash ^ this.ids[group * this.width + d]);
      let slot = hash & (this.slots.length - 1);
      while (this.slots[slot] !== 0) slot = (slot + 1) & (this.slots.length - 1);
      this.slots[slot] = group + 1;
    }
  }
}

function mix(value: number): number {
  const h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}
