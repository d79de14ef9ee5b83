export * from './cut.js';
export * from './header.js';
export { parseRecords, RECORD_FAULT, type Records, SLOT_STRIDE, SPARE_BYTES } from './parse.js';
export type { PositionalReader } from './read.js';
