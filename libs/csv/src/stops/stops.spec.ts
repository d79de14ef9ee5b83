import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scannableBytes } from './stops.js';

const { bytes, stops, findStops } = scannableBytes(1024);

describe('findStops', () => {
  it('finds each of four bytes between two positions, wherever these are', () => {
    const places = { from: fc.nat(200), size: fc.nat(300) };
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 600, maxLength: 600, max: 8 }),
        fc.record(places),
        (content, { from, size }) => {
          bytes.set(content);
          const wanted = [1, 4, 7, 0];
          const expected = Array.from({ length: size }, (_, index) => from + index).filter((at) =>
            wanted.includes(content[at]),
          );
          const count = findStops(from, from + size, 1, 4, 7, 0);
          expect(Array.from(stops.subarray(0, count))).toEqual(expected);
        },
      ),
    );
  });

  it('looks at bytes as what they are, high ones too', () => {
    bytes.fill(0).set([0xff, 0x80, 0x7f], 100);
    expect(findStops(0, 1024, 0xff, 0x80, 0xff, 0xff)).toBe(2);
    expect([stops[0], stops[1]]).toEqual([100, 101]);
  });

  it('takes a place that is all stops, and one that has none', () => {
    bytes.fill(44);
    expect(findStops(0, 1024, 44, 10, 34, 34)).toBe(1024);
    expect(findStops(0, 1024, 10, 10, 10, 10)).toBe(0);
    expect(findStops(512, 512, 44, 44, 44, 44)).toBe(0);
  });
});
