export type { CutChunk, CutOptions, PositionalReader } from '@millrace/contracts';
export * from './content/content.js';
export { EXPANSION, type ExpansionBounds } from './content/expansion.js';
export * from './cut-json.js';
export { findLineEnd, isBlankLine, nextJsonLines, readLinesBegin } from './cut-lines.js';
export * from './format-of-name.js';
export { formatOfName } from './format-of-name.js';
export * from './json/json-items.js';
export { PLAIN_NUMBER_BYTES } from './json/plain-number.js';
export { JsonObjectScanner, type JsonSpans } from './json/scan-object.js';
export {
  closingQuote,
  JSON_DEPTH,
  SENTINEL,
  skipDecimal,
  skipExponent,
  skipNested,
  skipSpace,
  skipWord,
} from './json/skip.js';
export { unescaped, unescapeString } from './json/unescape.js';
export { PARQUET_BOUNDS } from './parquet/bounds.js';
export * from './parquet/parquet-content.js';
export * from './parquet/read-schema.js';
export * from './split-json.js';
export * from './split-ndjson.js';
