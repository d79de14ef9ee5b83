export { type Applier, type ApplierEvents, type ApplyResult, createApplier } from './apply/applier.js';
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
  type CompactedSource,
  type CompactOptions,
  compactSources,
  type HashedBytes,
} from './compact/compact-sources.js';
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
export { type InboxProgress, inboxApplied } from './live/inbox-applied.js';
export { releaseLeases, renewLeases, takeLeases } from './live/leases.js';
export { type MessagePlace, type Receipt, receiptOf, type Winner } from './live/receipt.js';
export { type ClaimedKey, claimKey, expireRequests, type RequestRow, requestById } from './live/requests.js';
export { migrate } from './migrate.js';
