import { describe, expect, it } from 'vitest';
import { checkGaps } from './lock-offsets.js';

const partition = (next_offset: bigint, ...offsets: bigint[]) => ({ topic: 't', partition: 0, next_offset, offsets });
const knows = (offset: bigint) => new Map([['t/0', offset]]);

describe('the offset fence', () => {
  it('lets pass what begins where PostgreSQL expects it, or below', () => {
    expect(checkGaps([partition(5n, 5n, 6n), partition(5n, 3n, 4n), partition(5n, 4n, 5n)], new Map())).toEqual([]);
  });

  it('refuses a gap that this process does not know of, and names the expected offset', () => {
    expect(() => checkGaps([partition(5n, 8n)], new Map())).toThrow(expect.objectContaining({ code: 'OFFSET_FENCED' }));
    expect(() => checkGaps([partition(5n, 8n)], knows(8n))).toThrow(
      expect.objectContaining({ place: { topic: 't', partition: 0, offset: '5' } }),
    );
  });

  it('lets a gap pass when this process read from the expected offset on', () => {
    expect(checkGaps([partition(5n, 8n, 9n)], knows(5n))).toEqual([{ topic: 't', partition: 0, from: 5n, to: 8n }]);
  });
});
