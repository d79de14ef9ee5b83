import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readBody } from './read-body.js';

const bounds = { body_bytes: 1000, within_ms: 10_000 };

function sent(...pieces: Buffer[]): IncomingMessage {
  const stream = new PassThrough();
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return stream as unknown as IncomingMessage;
}

const bytes = (size: number) => Buffer.alloc(size, 'x');

describe('a body', () => {
  it('is whole, in however many pieces it came', async () => {
    expect(await readBody(sent(Buffer.from('ab'), Buffer.from('c')), false, bounds)).toEqual(Buffer.from('abc'));
    expect(await readBody(sent(bytes(1000)), false, bounds)).toEqual(bytes(1000));
  });

  it('over the bound is refused, and the rest of it is let go', async () => {
    const stream = sent(bytes(600), bytes(600), bytes(600));
    await expect(readBody(stream, false, bounds)).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' });
    await finished(stream);
    expect(stream.readableEnded).toBe(true);
  });

  it('is unpacked up to the bound: a bomb is refused', async () => {
    expect(await readBody(sent(gzipSync(bytes(1000))), true, bounds)).toEqual(bytes(1000));
    const bomb = gzipSync(Buffer.alloc(900_000));
    expect(bomb.length).toBeLessThan(1000);
    await expect(readBody(sent(bomb), true, bounds)).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' });
  });

  it.each([
    ['damaged', Buffer.from('no gzip at all')],
    ['cut off', gzipSync(bytes(500)).subarray(0, -5)],
    ['empty within', gzipSync(Buffer.alloc(0))],
  ])('of gzip that is %s is refused', async (_what, body) => {
    await expect(readBody(sent(body), true, bounds)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('without a byte is refused', async () => {
    await expect(readBody(sent(), false, bounds)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('whose client goes away, or never goes on, is refused', async () => {
    const gone = new PassThrough();
    gone.write('ab');
    const reading = readBody(gone as unknown as IncomingMessage, false, bounds);
    gone.destroy(new Error('aborted'));
    await expect(reading).rejects.toMatchObject({ code: 'REQUEST_INVALID' });

    const stuck = new PassThrough();
    stuck.write('ab');
    const waiting = readBody(stuck as unknown as IncomingMessage, false, { ...bounds, within_ms: 1 });
    await expect(waiting).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  });
});
