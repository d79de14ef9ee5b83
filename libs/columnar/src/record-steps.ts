import { STEPPED_RECORDS, WIDE_RECORDS } from './body-layout.js';

const HEADER_BYTES = 8;
const STEP_LIMIT = 0xff;

/**
 * Puts steps in the place of a body's records, where each fits a byte; other bodies stay as they are. They compress to a third of the bytes.
 * @param body as `encodeBody` lays it out, at a multiple of 4 bytes; overwritten @returns the part of it that is the body now
 */
export function stepRecords(body: Buffer): Buffer {
  const words = new Uint32Array(body.buffer, body.byteOffset, 2);
  const [rows, tag] = words;
  const width = (tag & WIDE_RECORDS) === 0 ? 2 : 4;
  const at = body.byteOffset + HEADER_BYTES;
  const records = width === 2 ? new Uint16Array(body.buffer, at, rows) : new Uint32Array(body.buffer, at, rows);
  for (let row = 0, before = 0; row < rows; before = records[row], row++) {
    if (records[row] - before > STEP_LIMIT) return body;
  }
  // A step is written where its record or an earlier one was read.
  for (let row = 0, before = 0; row < rows; row++) {
    const record = records[row];
    body[HEADER_BYTES + row] = record - before;
    before = record;
  }
  const saved = padded(rows * width) - padded(rows);
  body.fill(0, HEADER_BYTES + rows, HEADER_BYTES + padded(rows));
  body.copyWithin(HEADER_BYTES + saved, HEADER_BYTES, HEADER_BYTES + padded(rows));
  const stepped = body.subarray(saved);
  stepped.writeUInt32LE(rows, 0);
  stepped.writeUInt32LE(((tag | STEPPED_RECORDS) & ~WIDE_RECORDS) >>> 0, 4);
  return stepped;
}

/** Records out of their steps; 16 bits each where all of them fit. */
export function recordsOf(steps: Uint8Array): Uint16Array | Uint32Array {
  let last = 0;
  for (let row = 0; row < steps.length; row++) last += steps[row];
  const records = last > 0xffff ? new Uint32Array(steps.length) : new Uint16Array(steps.length);
  for (let row = 0, record = 0; row < steps.length; row++) {
    record += steps[row];
    records[row] = record;
  }
  return records;
}

function padded(size: number): number {
  return (size + 3) & ~3;
}
