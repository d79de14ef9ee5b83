import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecords } from './index.js';

/** Bytes of a record without delimiters, one character each: ASCII, whole characters and what is none. */
const field = fc
  .array(fc.constantFrom('a', 'b c', '\xc3\xbc', '\xe2\x82\xac', '\xf0\x9f\x98\x80', '\xc3', '\xff', '\0'), {
    maxLength: 3,
  })
  .map((pieces) => pieces.join(''));
/** Mostly clean records, and comments that may be dirty, too. */
const line = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('x,y', 'caf\xc3\xa9,1') },
  { weight: 2, arbitrary: field.map((text) => `r,${text}`) },
  { weight: 1, arbitrary: field.map((text) => `#${text}`) },
);

describe('dirty records', () => {
  it('are those whose own bytes are no UTF-8 or hold NUL', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 120 }), (lines) => {
        const raw = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
        const records = parseRecords(raw, Int32Array.of(0, 1), 2);
        const isDirty = (bytes: Buffer) => !isUtf8(bytes) || bytes.includes(0);
        const expected = lines.filter((text) => text[0] !== '#').map((text) => isDirty(Buffer.from(text, 'latin1')));
        expect(records.count).toBe(expected.length);
        expect(records.dirty).toBe(isDirty(raw));
        expect(Array.from(records.dirt.subarray(0, records.count), Boolean)).toEqual(expected);
      }),
    );
  });

  it('are found anew in each chunk', () => {
    const dirtOf = (text: string) => parseRecords(Buffer.from(text, 'latin1'), Int32Array.of(0), 1).dirt[0];
    expect([dirtOf('\xff\n'), dirtOf('a\n'), dirtOf('a\n\xff\n'), dirtOf('\0\n')]).toEqual([1, 0, 0, 1]);
  });
});
