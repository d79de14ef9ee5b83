import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashKey, hashKeys, hashPosition, partOfHash, partsOfHashes } from './index.js';

function hashOf(key: string, before = ''): [number, number] {
  const bytes = Buffer.from(`${before}${key}???`);
  const lanes = new Uint32Array(4);
  hashKey(bytes, before.length, before.length + Buffer.byteLength(key), lanes, 1);
  return [lanes[2], lanes[3]];
}

describe('hashKey', () => {
  it('never changes: keys in PostgreSQL and snapshots were placed by it', () => {
    expect(['', 'a', 'ab', 'abc', 'ORD-00001', 'grün'].map((key) => hashOf(key))).toMatchInlineSnapshot(`
      [
        [
          3954623016,
          1020716019,
        ],
        [
          2141232806,
          3122545294,
        ],
        [
          1955026322,
          479845692,
        ],
        [
          3360318173,
          2745313984,
        ],
        [
          1866971742,
          3769438661,
        ],
        [
          875996918,
          2166657972,
        ],
      ]
    `);
  });

  it('is murmur3 in its 32-bit form, by the published values for its first seed', () => {
    const published = { '': 0xebb6c228, aaaa: 0x5a97808a, abc: 0xc84a62dd, 'Hello, world!': 0x24884cba };
    for (const [key, hash] of Object.entries(published)) expect(hashOf(key)[0]).toBe(hash);
  });

  it('hangs on the bytes of the key only, not on where they stand', () => {
    for (const key of ['', 'a', 'ab', 'abc', 'abcd', 'abcde']) expect(hashOf(key, 'xyz')).toEqual(hashOf(key));
  });

  it('gives many keys what it gives each, and passes over those that are to be skipped', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 9 }), fc.boolean()), { maxLength: 20 }), (keys) => {
        const bytes = Buffer.from(keys.map(([key]) => key).join(''));
        const end = new Uint32Array(keys.length);
        keys.forEach(([key], row) => {
          end[row] = (row === 0 ? 0 : end[row - 1]) + Buffer.byteLength(key);
        });
        const start = end.map((_, row) => (row === 0 ? 0 : end[row - 1]));
        const lanes = new Uint32Array(2 * keys.length);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const skip = Uint8Array.from(keys, ([, isSkipped]) => (isSkipped ? 1 : 0));
        hashKeys(view, start, end, skip, keys.length, lanes);
        const expected = keys.flatMap(([key, isSkipped]) => (isSkipped ? [0, 0] : hashOf(key)));
        expect([...lanes]).toEqual(expected);
      }),
    );
  });

  it('spreads keys evenly over parts, and either lane evenly within a part', () => {
    const parts = 8;
    const keys = 32_000;
    const counts = new Array<number>(parts).fill(0);
    const low = new Array<number>(64).fill(0);
    const high = new Array<number>(64).fill(0);
    for (let key = 0; key < keys; key++) {
      const [a, b] = hashOf(`ORD-${String(key).padStart(8, '0')}`);
      const part = partOfHash(a, b, parts);
      counts[part]++;
      if (part !== 3) continue;
      low[(a & 7) * 8 + (b & 7)]++;
      high[(a >>> 29) * 8 + (b >>> 29)]++;
    }
    for (const count of counts) expect(Math.abs(count - keys / parts)).toBeLessThan(300);
    for (const count of [...low, ...high]) expect(Math.abs(count - keys / parts / 64)).toBeLessThan(40);
  });
});

describe('hashPosition', () => {
  const lanesOf = (source: number, record: number) => {
    const lanes = new Uint32Array(4);
    hashPosition(source, record, lanes, 1);
    return [lanes[2], lanes[3]];
  };

  it('never changes, and knows records beyond 32 bits apart', () => {
    expect([lanesOf(1, 1), lanesOf(1, 2), lanesOf(2, 1), lanesOf(1, 2 ** 36 + 1)]).toMatchInlineSnapshot(`
      [
        [
          3121539142,
          2810829242,
        ],
        [
          3652347609,
          2572379021,
        ],
        [
          273078342,
          173755555,
        ],
        [
          58824021,
          2475250848,
        ],
      ]
    `);
  });

  it('spreads the records of a source evenly over parts', () => {
    const counts = new Array<number>(8).fill(0);
    for (let record = 1; record <= 16_000; record++) {
      const [low, high] = lanesOf(7, record);
      counts[partOfHash(low, high, 8)]++;
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(250);
  });
});

describe('parts', () => {
  /** The finish of murmur3, published as fmix32, of an unsigned number. */
  function mixed(hash: bigint): bigint {
    let h = hash;
    h = BigInt.asUintN(32, (h ^ (h >> 16n)) * 0x85ebca6bn);
    h = BigInt.asUintN(32, (h ^ (h >> 13n)) * 0xc2b2ae35n);
    return h ^ (h >> 16n);
  }
  const lane = fc.nat(2 ** 32 - 1);

  it('are what is left of the mixed lanes when divided by their number, whatever that is', () => {
    fc.assert(
      fc.property(lane, lane, fc.integer({ min: 1, max: 256 }), (low, high, parts) => {
        const hash = mixed(BigInt(low) ^ BigInt.asUintN(32, BigInt(high) * 0x9e3779b1n));
        expect(partOfHash(low, high, parts)).toBe(Number(hash % BigInt(parts)));
      }),
    );
  });

  it('are told and counted for all rows that are not skipped', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(lane, lane, fc.boolean())), fc.integer({ min: 1, max: 9 }), (rows, parts) => {
        const into = new Uint16Array(rows.length).fill(99);
        const counts = new Uint32Array(parts + 1);
        const skip = Uint8Array.from(rows, ([, , isSkipped]) => (isSkipped ? 1 : 0));
        const lanes = Uint32Array.from(rows.flatMap((row) => row.slice(0, 2).map(Number)));
        partsOfHashes(lanes, parts, skip, rows.length, into, counts);
        const expected = rows.map(([low, high, isSkipped]) => (isSkipped ? 99 : partOfHash(low, high, parts)));
        expect([...into]).toEqual(expected);
        const counted = Array.from({ length: parts }, (_, part) => expected.filter((found) => found === part).length);
        expect([...counts]).toEqual([0, ...counted]);
      }),
    );
  });
});
