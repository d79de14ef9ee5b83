import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Encoder, PieceEncoder } from './encoder.js';

const require = createRequire(import.meta.url);
/** As kafkajs has it, whatever stands in its place in this process. */
function loadOriginal(): new () => Encoder {
  const path = require.resolve('kafkajs/src/protocol/encoder');
  const cached = require.cache[path];
  delete require.cache[path];
  try {
    return require(path);
  } finally {
    if (cached) require.cache[path] = cached;
  }
}
const OriginalEncoder = loadOriginal();

/** Something to write, whatever encoder it is written to. */
type Write = (make: () => Encoder) => (to: Encoder) => unknown;

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 1000, max: 5000 }).map((size) => new Uint8Array(size).fill(size)),
);
const leaf: fc.Arbitrary<Write> = fc.oneof(
  fc.integer({ min: -128, max: 127 }).map(
    (value): Write =>
      () =>
      (to) =>
        to.writeInt8(value),
  ),
  fc.integer({ min: -32768, max: 32767 }).map(
    (value): Write =>
      () =>
      (to) =>
        to.writeInt16(value),
  ),
  fc.integer().map(
    (value): Write =>
      () =>
      (to) =>
        to.writeInt32(value),
  ),
  fc.integer().map(
    (value): Write =>
      () =>
      (to) =>
        to.writeInt64(value),
  ),
  fc.oneof(bytes, fc.constant(null)).map((value): Write => {
    return () => (to) => to.writeBytes(value && Buffer.from(value));
  }),
  bytes.map(
    (value): Write =>
      () =>
      (to) =>
        to.writeBufferInternal(Buffer.from(value)),
  ),
);
const tree: fc.Arbitrary<Write> = fc.letrec<{ tree: Write }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 6 }).map(
      (parts): Write =>
        (make) =>
        (to) => {
          const inner = make();
          for (const part of parts) part(make)(inner);
          return to.writeEncoder(inner);
        },
    ),
    fc.array(tie('tree'), { maxLength: 4 }).map(
      (parts): Write =>
        (make) =>
        (to) => {
          const inner = parts.map((part) => {
            const one = make();
            part(make)(one);
            return one;
          });
          return to.writeArray(inner, 'object');
        },
    ),
  ),
})).tree;

function write(parts: readonly Write[], make: () => Encoder): Encoder {
  const encoder = make();
  for (const part of parts) part(make)(encoder);
  return encoder;
}

describe('the encoder of pieces', () => {
  it("writes the same bytes as the client's own, of the same size", () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 8 }), (parts) => {
        const ours = write(parts, () => new PieceEncoder());
        const theirs = write(parts, () => new OriginalEncoder());
        expect(ours.size()).toBe(theirs.size());
        expect(ours.buffer.equals(theirs.buffer)).toBe(true);
      }),
    );
  });

  it('keeps a large value as it is, and joins the request once', () => {
    const value = Buffer.alloc(4096, 7);
    const record = new PieceEncoder().writeInt32(1).writeBytes(value);
    const request = new PieceEncoder().writeInt8(2).writeEncoder(record);
    expect(request.pieces()).toContain(value);
    expect(request.buffer).toBe(request.buffer);
  });

  it('goes on behind what was asked for already', () => {
    const encoder = new PieceEncoder().writeInt16(1);
    expect(encoder.buffer).toEqual(Buffer.from([0, 1]));
    encoder.writeInt16(2);
    expect(encoder.buffer).toEqual(Buffer.from([0, 1, 0, 2]));
    expect(encoder.size()).toBe(4);
  });
});
