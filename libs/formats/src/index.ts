export { PLAIN_NUMBER_BYTES } from './json/plain-number.js';
export { JsonObjectScanner, type JsonSpans } from './json/scan-object.js';
export { JSON_DEPTH } from './json/skip.js';
export * from './split-json.js';
export * from './split-ndjson.js';
