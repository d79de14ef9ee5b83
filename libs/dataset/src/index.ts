export * from './load.js';
export * from './plan.js';
