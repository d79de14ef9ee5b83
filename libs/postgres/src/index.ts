export { type Applier, type ApplierEvents, createApplier } from './apply/applier.js';
export type {
  ApplyCounts,
  ApplyMessage,
  BatchMessage,
  Located,
  ManifestMessage,
  SetAsideMessage,
} from './apply/messages.js';
export { type BookRow, books, resolvedChunks } from './books.js';
export {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type Queryable,
  type Transaction,
  waitForDatabase,
} from './database.js';
export { type DatasetDigest, digest } from './digest.js';
export { ensureDataset } from './ensure-dataset.js';
export { literal, quote } from './identifiers.js';
export { migrate } from './migrate.js';
