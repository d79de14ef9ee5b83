import { LIMITS } from '@millrace/contracts';
import { nextChunk } from '@millrace/csv';
import { describe, expect, it } from 'vitest';
import type { ChunkRow } from './chunk-row.js';
import { findGrowth } from './find-growth.js';

/** Cuts `before` as a sealed source, lets it grow, and gives what of the growth continues its last record; null when that is open. */
async function growthOf(before: string, more: string, now_sealed = true, has_tail = true): Promise<string | null> {
  const bytes = Buffer.from(before + more, 'latin1');
  const read = (position: number, into: Buffer) => bytes.copy(into, 0, position);
  const sealed = Buffer.byteLength(before, 'latin1');
  let tail: ChunkRow | undefined;
  for (let from = 0; from < sealed; ) {
    const cut = await nextChunk(read, from, sealed);
    if (!cut) throw new Error('nothing was cut');
    const { raw: _, ...range } = cut;
    const number = { source: 1, chunk: 0, fingerprint: '', first_record: 1, content_hash: Buffer.alloc(0) };
    tail = { ...number, ...range };
    from = cut.byte_end;
  }
  const found = await findGrowth(read, has_tail ? tail! : null, sealed, bytes.length, now_sealed);
  return found === null ? null : bytes.toString('latin1', sealed, found);
}

describe('findGrowth', () => {
  const long = 'x'.repeat(LIMITS.record_bytes);
  it.each([
    ['nothing after a record end', '1,a\n', '2,b\n', ''],
    ['nothing when the file did not grow', '1,a', '', ''],
    ['nothing when only the line end was missing', '1,a', '\n2,b\n', ''],
    ['nothing when only the LF was missing', '1,a\r', '\n2,b\n', ''],
    ['nothing when CR and LF were missing', '1,a', '\r\n2,b\n', ''],
    ['nothing when a blank line came in between', '1,a\n', '\n2,b\n', ''],
    ['the rest of the last of several records', '1,a\n2,b', 'c\n3,d\n', 'c\n'],
    ['all when no record end comes', '1,a', 'bcd', 'bcd'],
    ['up to the end of a quoted field', '0,z\n1,"a\n', 'b\n","c\nd"\n2,b\n', 'b\n","c\nd"\n'],
    ['no more than a line where no quote opens a field', '1,a"', 'b\n"2,b\n', 'b\n'],
    ['the rest of a comment', '1,a\n#x', 'y\n2,b\n', 'y\n'],
    ['the rest of a line that was blank', '1,a\n  ', '2,b\n3,c\n', '2,b\n'],
    ['the rest of a record over the limit', long + long, 'y\n2,b\n', 'y\n'],
    ['nothing after a record over the limit', `${long}${long}\n`, '2,b\n', ''],
  ])('finds %s', async (_name, before, more, expected) => {
    expect(await growthOf(before, more)).toBe(expected);
  });

  it.each([
    ['a record end', '1,a', 'b', 'b\n2,b', 'b\n'],
    ['the LF of a CRLF', '1,a', '\r', '\r\n2,b', ''],
    ['the line end that was missing', '1,a', '', '\n', ''],
    ['the quote that closes', '0,z\n1,"a\n', 'b\n2,b\n', 'b\n2,b\n"\n3,c', 'b\n2,b\n"\n'],
    ['the end of a comment', '1,a\n#x', 'y', 'y\n2,b', 'y\n'],
    ['the LF behind a record over the limit', long + long, 'y', 'y\n2,b', 'y\n'],
  ])('waits for %s as long as the source may grow', async (_name, before, half, more, expected) => {
    if (half) expect(await growthOf(before, half, false)).toBeNull();
    expect(await growthOf(before, more, false)).toBe(expected);
  });

  it('takes no line end within an open quote for the one that was missing', async () => {
    expect(await growthOf('1,"a', '\n')).toBe('\n');
    expect(await growthOf('1,"a', '\nb",c\n2,b\n')).toBe('\nb",c\n');
  });

  it('finds nothing behind what an unsealed source gave', async () => {
    for (const before of ['1,a\n', '1,"a\n"\n', '1,a\r\n#x\n', '\n', `${long}${long}\n`]) {
      expect(await growthOf(before, '2', false)).toBe('');
    }
  });

  it('goes by the line end when the chunk before is no longer known', async () => {
    expect(await growthOf('1,a\n', '2,b\n', true, false)).toBe('');
    expect(await growthOf('1,a', 'b\n2,b\n', true, false)).toBe('b\n');
  });
});
