import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_LIMIT_BYTES, Frames, openSocket } from './framed-socket.js';

function frameOf(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeInt32BE(body.length);
  frame.set(body, 4);
  return frame;
}

/** Reads pieces out of one buffer that is overwritten for each, as the socket does. */
function read(pieces: Iterable<Uint8Array>): Buffer[] {
  const frames: Buffer[] = [];
  const reader = new Frames((frame) => frames.push(frame));
  const memory = Buffer.alloc(64 * 1024);
  for (const piece of pieces) {
    memory.set(piece);
    reader.take(memory.subarray(0, piece.length));
    memory.fill(0xee);
  }
  return frames;
}

describe('frames', () => {
  it('come whole and in order, however they were cut on their way', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }),
        (bodies, sizes) => {
          const sent = bodies.map(frameOf);
          const all = Buffer.concat(sent);
          const pieces: Buffer[] = [];
          for (let at = 0, turn = 0; at < all.length; turn++) {
            const size = sizes[turn % sizes.length];
            pieces.push(all.subarray(at, at + size));
            at += size;
          }
          expect(read(pieces)).toEqual(sent);
        },
      ),
    );
  });

  it('that claim more than any response has are passed on as they come, and cost no memory', () => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(FRAME_LIMIT_BYTES + 1);
    const answer = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(Buffer.concat(read([size, Buffer.from('abc')]))).toEqual(Buffer.concat([size, Buffer.from('abc')]));
    expect(Buffer.concat(read([answer.subarray(0, 3), answer.subarray(3)]))).toEqual(answer);
  });
});

describe('a socket', () => {
  it('gives each response in one piece, large and small', async () => {
    const sent = [frameOf(Buffer.alloc(3_000_000, 5)), frameOf(Buffer.alloc(0)), frameOf(Buffer.from('end'))];
    const server = createServer((socket: Socket) => socket.end(Buffer.concat(sent))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const socket = openSocket({ host: '127.0.0.1', port, ssl: null, onConnect: () => {} });
      const got: Buffer[] = [];
      socket.on('data', (frame) => got.push(frame as Buffer));
      await once(socket, 'end');
      expect(got.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
      expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
    } finally {
      server.close();
    }
  });
});
