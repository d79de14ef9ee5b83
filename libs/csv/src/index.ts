export type { CutChunk, PositionalReader } from '@millrace/contracts';
export * from './cut.js';
export {
  DETECTION_BYTES,
  type DetectedDialect,
  type DetectionOptions,
  detectDialect,
} from './detect/detect-dialect.js';
export { decodeText, detectEncoding, type FoundEncoding } from './detect/encoding.js';
export { usualWidth } from './detect/usual-width.js';
export { findDirt } from './dirt.js';
export * from './header.js';
export { type Header, headerOf } from './header-of.js';
export { checkDialect } from './machine/dialect-machine.js';
export { fieldsOf, parseRecord, parseRecords } from './parse.js';
export type { ParseOptions } from './parse-any.js';
export {
  openRecords,
  RECORD_FAULT,
  type Records,
  reserveSpare,
  SLOT_STRIDE,
  SPARE_BYTES,
} from './records.js';
export { type Row, type RowOptions, readRows } from './rows.js';
export * from './split.js';
