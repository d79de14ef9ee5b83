export { applyNaming } from './column-naming.js';
export { compilePlan, planOf, registeredPlan, requireSemantics, SEMANTICS, usesFile } from './compile.js';
export { type EvolvedColumn, withEvolved } from './evolve.js';
export * from './load.js';
export { type FieldMatch, matchFields } from './match-fields.js';
export { parseConfig } from './parse.js';
export * from './plan.js';
export { COLUMN_TYPES, configSchema, type DatasetConfig } from './schema.js';
