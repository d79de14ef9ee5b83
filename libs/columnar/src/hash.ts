const SEED_LOW = 0x9747b28c | 0;
const SEED_HIGH = 0x3c6ef372;

/**
 * Hash of a key, two lanes of 32 bits (murmur3 with two seeds), into `lanes[2 * row]` and `lanes[2 * row + 1]`.
 * The key's bytes are `bytes[start .. end)`.
 */
export function hashKey(bytes: Uint8Array, start: number, end: number, lanes: Uint32Array, row: number): void {
  hashKeyAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), start, end, lanes, row);
}

/** The same for many keys in one buffer, whose view is made once. */
export function hashKeyAt(view: DataView, start: number, end: number, lanes: Uint32Array, row: number): void {
  let a = SEED_LOW;
  let b = SEED_HIGH;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    let k = Math.imul(view.getInt32(at, true), 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    a ^= k;
    a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    b ^= k;
    b = (Math.imul((b << 13) | (b >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (at < end) {
    let k = view.getUint8(at);
    if (at + 1 < end) k |= view.getUint8(at + 1) << 8;
    if (at + 2 < end) k |= view.getUint8(at + 2) << 16;
    k = Math.imul(k, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    a ^= k;
    b ^= k;
  }
  lanes[2 * row] = mix(a ^ (end - start));
  lanes[2 * row + 1] = mix(b ^ (end - start));
}

/** In place of a key's hash, for rows that have no key: their position is their identity. @param record up to 2^53 - 1 */
export function hashPosition(source: number, record: number, lanes: Uint32Array, row: number): void {
  const high = Math.floor(record / 4294967296);
  lanes[2 * row] = mix(SEED_LOW ^ record ^ Math.imul(source, 0xcc9e2d51) ^ Math.imul(high, 0x1b873593));
  lanes[2 * row + 1] = mix(SEED_HIGH ^ source ^ Math.imul(record, 0xe6546b65) ^ Math.imul(high, 0x9e3779b1));
}

/**
 * The part of a key. Both lanes are mixed once more, so that within a part neither lane has a pattern that
 * the deduper's filter would trip over.
 */
export function partOfHash(low: number, high: number, parts: number): number {
  return (mix(low ^ Math.imul(high, 0x9e3779b1)) >>> 0) % parts;
}

function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
