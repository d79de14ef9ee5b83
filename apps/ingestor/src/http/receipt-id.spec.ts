import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReceiptId, encodeReceiptId, isRequestId } from './receipt-id.js';

const place = fc.record({
  source: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  rows: fc.integer({ min: 1, max: 2 ** 20 - 1 }),
});

describe('a receipt id', () => {
  it('tells the message that it was made from', () => {
    fc.assert(
      fc.property(place, (message) => {
        expect(decodeReceiptId(encodeReceiptId(message))).toEqual(message);
      }),
    );
  });

  it('is no receipt any more when any one character is another', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const id = encodeReceiptId({ source: 7, offset: 123_456n, rows: 20 });
    const mistyped = [...id].flatMap((character, at) =>
      [...alphabet].filter((other) => other !== character).map((other) => id.slice(0, at) + other + id.slice(at + 1)),
    );
    expect(mistyped).toHaveLength(28 * 63);
    expect(mistyped.filter((typo) => decodeReceiptId(typo) !== null)).toEqual([]);
  });

  it.each(['', 'x', '../../etc/passwd', `${'A'.repeat(27)}=`, 'A'.repeat(28), 'é'.repeat(28)])('is not %j', (id) => {
    expect(decodeReceiptId(id)).toBeNull();
  });

  it('is not mistaken for the id of a request with a key', () => {
    expect(isRequestId(randomUUID())).toBe(true);
    expect(isRequestId(encodeReceiptId({ source: 1, offset: 0n, rows: 1 }))).toBe(false);
    expect(decodeReceiptId(randomUUID())).toBeNull();
  });
});
