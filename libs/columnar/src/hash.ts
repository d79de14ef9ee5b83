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
  const size = end - start;
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
    let k = size < 4 ? lowBytes(view, at, end) : view.getInt32(end - 4, true) >>> (32 - 8 * (end - at));
    k = Math.imul(k, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    a ^= k;
    b ^= k;
  }
  lanes[2 * row] = mix(a ^ size);
  lanes[2 * row + 1] = mix(b ^ size);
}

/** One to three bytes as a number. */
function lowBytes(view: DataView, at: number, end: number): number {
  let bytes = view.getUint8(at);
  if (at + 1 < end) bytes |= view.getUint8(at + 1) << 8;
  if (at + 2 < end) bytes |= view.getUint8(at + 2) << 16;
  return bytes;
}

/**
 * Hashes keys, one a row, as `hashKeyAt` does.
 * @param skip rows that are not 0 here are passed over
 */
export function hashKeys(
  view: DataView,
  start: Uint32Array,
  end: Uint32Array,
  skip: Uint8Array,
  rows: number,
  lanes: Uint32Array,
): void {
  for (let row = 0; row < rows; row++) {
    if (skip[row] === 0) hashKeyAt(view, start[row], end[row], lanes, row);
  }
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
  const hash = mix(low ^ Math.imul(high, 0x9e3779b1));
  // As `(hash >>> 0) % parts`, which V8 would divide as doubles: ten times as slow.
  if ((parts & (parts - 1)) === 0) return hash & (parts - 1);
  return (2 * ((hash >>> 1) % parts) + (hash & 1)) % parts;
}

/**
 * The parts of many keys.
 * @param skip rows that are not 0 here are passed over @param into gets the part of each of the others
 * @param counts is raised at `part + 1` for each row
 */
export function partsOfHashes(
  lanes: Uint32Array,
  parts: number,
  skip: Uint8Array,
  rows: number,
  into: Uint16Array,
  counts: Uint32Array,
): void {
  for (let row = 0; row < rows; row++) {
    if (skip[row] !== 0) continue;
    const part = partOfHash(lanes[2 * row], lanes[2 * row + 1], parts);
    into[row] = part;
    counts[part + 1]++;
  }
}

function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
