export * from './body.js';
export * from './canonical.js';
export * from './columns.js';
export * from './hash.js';
export * from './key-text.js';
export * from './key-writer.js';
