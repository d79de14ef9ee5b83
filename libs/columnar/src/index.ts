export * from './body.js';
export * from './columns.js';
export * from './hash.js';
export * from './nullable.js';
