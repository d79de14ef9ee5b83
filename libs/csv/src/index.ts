export * from './cut.js';
export * from './header.js';
export { parseRecord, parseRecords } from './parse.js';
export type { PositionalReader } from './read.js';
export {
  holdsDirt,
  openRecords,
  RECORD_FAULT,
  type Records,
  reserveSpare,
  SLOT_STRIDE,
  SPARE_BYTES,
} from './records.js';
export * from './split.js';
