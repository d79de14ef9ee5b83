/** What a service needs to read the registry of datasets, without TypeORM. */
export { type Database, openDatabase, type Queryable } from './database.js';
export { lockActivePlans, type RegisteredPlan, readPlans } from './dataset/registry.js';
export { pendingMigrations } from './migrations/pending.js';
