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
export { type Incidents, readIncidents } from './checkpoints/incidents.js';
export { type Pause, pauseDataset, readPauses, resumeDataset } from './checkpoints/pauses.js';
export {
  findSource,
  type RecordedTotals,
  type RepublishableSource,
  recordedTotals,
} from './checkpoints/recorded-chunks.js';
export {
  advanceRepublication,
  finishRepublication,
  listRepublications,
  openRepublications,
  type Republication,
  readRepublication,
  requestRepublication,
} from './checkpoints/republications.js';
export {
  appliedOffsets,
  knownDatasets,
  type SourceCheckpoint,
  type SourceTotals,
  sourceCheckpoints,
  sourceTotals,
} from './checkpoints/source-checkpoints.js';
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
export { literal, quote, tableName } from './identifiers.js';
export { type KeyRange, readKeyRange } from './keys/key-range.js';
export { type InboxProgress, inboxApplied } from './live/inbox-applied.js';
export { releaseLeases, renewLeases, takeLeases } from './live/leases.js';
export { type MessagePlace, type Receipt, receiptOf, type Winner } from './live/receipt.js';
export { type ClaimedKey, claimKey, expireRequests, type RequestRow, requestById } from './live/requests.js';
export { REGISTRATION_LOCK } from './locks.js';
export { type MigrationReport, migrate } from './migrate.js';
export { pendingMigrations } from './migrations/pending.js';
export { READER, WRITER } from './roles/rights.js';
export type { RolesReport } from './roles/update-roles.js';
export { type AuditedChunks, type AuditPlace, auditChunks } from './storage/audit-chunks.js';
export { listSources, type SourceList } from './storage/list-sources.js';
export { readDatabaseSize, readTableSizes, readWalPosition, type TableSize } from './storage/read-sizes.js';
