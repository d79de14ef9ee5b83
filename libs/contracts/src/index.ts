export * from './batch.js';
export * from './chunk.js';
export * from './envelope.js';
export * from './errors.js';
export * from './limits.js';
export * from './manifest.js';
export * from './position.js';
export * from './topics.js';
