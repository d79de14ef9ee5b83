import { LIMITS } from '@millrace/contracts';
import { SCAN_MODULE } from './scan-module.js';

/** As far as it is used here; TypeScript has it only with the DOM. */
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
};

const PAGE_BYTES = 64 * 1024;
/** The scanner looks at so many bytes at once, also behind the end. */
const STEP_BYTES = 64;
/** Each byte of a chunk and one behind it may be a stop. */
const MOST_STOPS = LIMITS.chunk_bytes + 1 + STEP_BYTES;

/** Bytes whose stops can be found. */
export interface ScannableBytes {
  bytes: Buffer;
  /** Positions in `bytes`, in order: what `findStops` found last. */
  stops: Int32Array;
  /** Finds the positions in `from .. to`, a chunk at most, that hold one of the bytes `a` to `d`. @returns how many they are */
  findStops(from: number, to: number, a: number, b: number, c: number, d: number): number;
}

/** @param size_bytes how many bytes are wanted: they are zeros */
export function scannableBytes(size_bytes: number): ScannableBytes {
  const stops_begin = Math.ceil((size_bytes + STEP_BYTES) / PAGE_BYTES) * PAGE_BYTES;
  const pages = Math.ceil((stops_begin + 4 * MOST_STOPS) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(SCAN_MODULE), { js: { memory } });
  const scan = exports.scan as (...of: number[]) => number;
  return {
    bytes: Buffer.from(memory.buffer, 0, size_bytes),
    stops: new Int32Array(memory.buffer, stops_begin, MOST_STOPS),
    findStops: (from, to, a, b, c, d) => (scan(from, to, stops_begin, a, b, c, d) - stops_begin) >> 2,
  };
}
