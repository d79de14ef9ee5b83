import type { DictionaryColumn } from '@millrace/columnar';

const INITIAL_SLOTS = 1024;

/** Gives each distinct text a number, in order of appearance: by its bytes, so that no string is made of any. */
export class TextIds {
  /** Of all texts, one behind the other: text `id` is `bytes[offsets[id] .. offsets[id + 1])`. */
  bytes = new Uint8Array(16 * 1024);
  offsets = new Uint32Array(INITIAL_SLOTS / 2 + 1);
  private count = 0;
  /** Number + 1 by hash; 0 = free. Never more than half full. */
  private slots = new Int32Array(INITIAL_SLOTS);
  private hashes = new Int32Array(INITIAL_SLOTS / 2);
  private ofCodes = new Int32Array(0);

  idOf(text: string): number {
    const bytes = Buffer.from(text);
    return this.idOfBytes(bytes, 0, bytes.length);
  }

  textOf(id: number): string {
    return Buffer.from(this.bytes.buffer, this.offsets[id], this.offsets[id + 1] - this.offsets[id]).toString();
  }

  /** The number of each entry of a batch's dictionary, by its code there; valid until the next call. */
  idsOf({ bytes, offsets }: DictionaryColumn): Int32Array {
    const entries = Math.max(offsets.length - 1, 0);
    if (this.ofCodes.length < entries) this.ofCodes = new Int32Array(2 * entries);
    const { ofCodes } = this;
    for (let code = 0; code < entries; code++) {
      ofCodes[code] = this.idOfBytes(bytes, offsets[code], offsets[code + 1]);
    }
    return ofCodes;
  }

  private idOfBytes(from: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ from[at], 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    for (let id = this.slots[slot] - 1; id >= 0; id = this.slots[slot] - 1) {
      if (this.hashes[id] === hash && this.holds(id, from, start, end)) return id;
      slot = (slot + 1) & mask;
    }
    return this.insert(slot, hash, from.subarray(start, end));
  }

  private holds(id: number, from: Uint8Array, start: number, end: number): boolean {
    const own = this.offsets[id];
    if (this.offsets[id + 1] - own !== end - start) return false;
    for (let at = start; at < end; at++) if (this.bytes[own + at - start] !== from[at]) return false;
    return true;
  }

  private insert(slot: number, hash: number, text: Uint8Array): number {
    const id = this.count++;
    const at = this.offsets[id];
    if (at + text.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(at + text.length, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(text, at);
    this.offsets[id + 1] = at + text.length;
    this.hashes[id] = hash;
    this.slots[slot] = id + 1;
    if (this.count * 2 >= this.slots.length) this.grow();
    return id;
  }

  private grow(): void {
    this.slots = new Int32Array(2 * this.slots.length);
    const mask = this.slots.length - 1;
    const hashes = new Int32Array(this.slots.length / 2);
    const offsets = new Uint32Array(hashes.length + 1);
    hashes.set(this.hashes);
    offsets.set(this.offsets);
    this.hashes = hashes;
    this.offsets = offsets;
    for (let id = 0; id < this.count; id++) {
      let slot = hashes[id] & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = id + 1;
    }
  }
}
