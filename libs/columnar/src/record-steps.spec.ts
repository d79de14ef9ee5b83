import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STEPPED_RECORDS, WIDE_RECORDS } from './body-layout.js';
import { recordsOf, stepRecords } from './record-steps.js';

const COLUMNS = 3;

/** A body of these records, and four bytes that stand for its columns. */
function bodyOf(records: number[], wide: boolean): Buffer {
  const array = wide ? Uint32Array.from(records) : Uint16Array.from(records);
  const header = Uint32Array.of(records.length, wide ? COLUMNS + WIDE_RECORDS : COLUMNS);
  const padding = Buffer.alloc(-array.byteLength & 3);
  return Buffer.concat([Buffer.from(header.buffer), Buffer.from(array.buffer), padding, Buffer.from('tail')]);
}

function read(body: Buffer): { tag: number; records: number[]; tail: string } {
  const rows = body.readUInt32LE(0);
  const steps = body.subarray(8, 8 + rows);
  return { tag: body.readUInt32LE(4), records: [...recordsOf(steps)], tail: body.toString('latin1', body.length - 4) };
}

const ascending = (step: number) =>
  fc.array(fc.integer({ min: 1, max: step }), { maxLength: 300 }).map((steps) => {
    let record = -1;
    return steps.map((by) => {
      record += by;
      return record;
    });
  });

describe('records as steps', () => {
  it('are read as the records that they were made of', () => {
    fc.assert(
      fc.property(ascending(200), fc.boolean(), (records, wide) => {
        const stepped = stepRecords(bodyOf(records, wide));
        expect(read(stepped)).toEqual({ tag: COLUMNS + STEPPED_RECORDS, records, tail: 'tail' });
        expect(stepped.length).toBe(8 + ((records.length + 3) & ~3) + 4);
        expect(stepped.subarray(8 + records.length, stepped.length - 4).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  it.each([
    { name: 'the first is too far', records: [256, 257] },
    { name: 'two are too far from each other', records: [0, 5, 300] },
  ])('stay as they are where $name', ({ records }) => {
    const body = bodyOf(records, false);
    const before = Buffer.from(body);
    expect(stepRecords(body)).toBe(body);
    expect(body).toEqual(before);
  });

  it('past 16 bits are of 32 bits', () => {
    const far = recordsOf(new Uint8Array(300).fill(255));
    expect(far).toBeInstanceOf(Uint32Array);
    expect(far[299]).toBe(300 * 255);
  });
});
