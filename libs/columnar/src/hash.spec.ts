import { describe, expect, it } from 'vitest';
import { hashKey, hashPosition, partOfHash } from './index.js';

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
