import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteCursor } from './byte-cursor.js';
import { bitsAt, decodeRuns } from './decode-runs.js';

it('packed values of any width are the bits that they were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 32 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (width, bits) => {
      const packed = bits.subarray(0, width);
      const into = new Uint32Array(8);
      decodeRuns(new ByteCursor(Uint8Array.of(3, ...packed)), width, into);
      expect([...into]).toEqual(Array.from({ length: 8 }, (_, index) => bitsAt(packed, index * width, width)));
    }),
  );
});
