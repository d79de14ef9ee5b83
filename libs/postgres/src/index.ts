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
export { type ConsistencyRow, consistency } from './dataset/consistency.js';
export { effectivePlan } from './dataset/effective-plan.js';
export { type EnsureOptions, ensureDataset } from './dataset/ensure-dataset.js';
export { lockActivePlans, type RegisteredPlan, readPlans, registerPlan } from './dataset/registry.js';
export { replaceDataset } from './dataset/replace-dataset.js';
export { type DatasetDigest, digest } from './digest.js';
export { literal, quote } from './identifiers.js';
export { type KeyRange, readKeyRange } from './keys/key-range.js';
export { type InboxProgress, inboxApplied } from './live/inbox-applied.js';
export { releaseLeases, renewLeases, takeLeases } from './live/leases.js';
export { type MessagePlace, type Receipt, receiptOf, type Winner } from './live/receipt.js';
export { type ClaimedKey, claimKey, expireRequests, type RequestRow, requestById } from './live/requests.js';
export { REGISTRATION_LOCK } from './locks.js';
export { migrate } from './migrate.js';
