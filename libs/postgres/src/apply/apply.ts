import { faultPoint } from '@millrace/telemetry/fault-point';
import type pg from 'pg';
import type { RowEncoder } from '../copy/row-encoder.js';
import { commit } from '../database.js';
import { upsertGold } from '../gold/upsert.js';
import { COMPACTION_LOCK } from '../locks.js';
import { type DatasetWork, groupByPlan } from './dataset-work.js';
import { checkGaps, lockOffsets } from './lock-offsets.js';
import { mergeSuspects } from './merge-suspects.js';
import { type ApplyCounts, type ApplyMessage, type BatchMessage, noCounts } from './messages.js';
import { type DatasetOutcomes, outcomesByDataset } from './outcomes.js';
import { dropInactive, readVersions } from './plan-versions.js';
import { type FreshWork, recordLedger } from './record-ledger.js';
import { type SavedOffset, saveOffsets } from './save-offsets.js';
import { writeDirect } from './write-direct.js';
import { writeOutcomes } from './write-outcomes.js';

export interface Applied {
  counts: ApplyCounts;
  /** Batches that were applied now; the others had been before. */
  batches: BatchMessage[];
  offsets: SavedOffset[];
  /** Ranges of offsets that are gone from their topics. */
  gaps: ReturnType<typeof checkGaps>;
  /** Datasets whose direct path met a key that was there already. */
  conflicts: string[];
  suspects: { dataset: string; rows: number; false_rows: number }[];
  outcomes: DatasetOutcomes[];
}

export interface ApplyContext {
  /** By partition: what this process knows of its next offset. */
  expected: ReadonlyMap<string, bigint>;
  /** Whether to try the direct path for a dataset. */
  tryDirect(dataset: string): boolean;
  /** Of this connection alone. */
  encoder: RowEncoder;
}

/**
 * Every join below looks up a bounded list of keys in an index. The planner, which prices random reads as if from a spinning
 * disk, would rather read a table of a million rows whole.
 */
const PLANNER = 'set local enable_hashjoin = off; set local enable_mergejoin = off';
/** Before any other lock: whoever compacts ledger rows waits for us, or we for him, but never both. */
const BEGIN = `begin isolation level read committed; ${PLANNER}; select pg_advisory_xact_lock_shared(${COMPACTION_LOCK})`;

/**
 * The one transaction: every outcome of the messages in hand, and where to read on, become visible together or not at all.
 * Whatever throws, the caller rolls back; run again, it does the same.
 */
export async function applyOnce(
  client: pg.ClientBase,
  messages: ApplyMessage[],
  context: ApplyContext,
): Promise<Applied> {
  faultPoint('aggregator.before_begin');
  await client.query(BEGIN);

  const partitions = await lockOffsets(client, messages); // 1
  const gaps = checkGaps(partitions.values(), context.expected);

  const plans = await readVersions(client, messages);
  const fresh = await recordLedger(client, await dropInactive(client, messages, plans)); // 2
  faultPoint('aggregator.after_ledger');

  const conflicts: string[] = [];
  const works = groupByPlan(fresh.batches, plans.versions);
  for (const work of works) {
    work.direct = context.tryDirect(work.plan.name);
    if (await writeDirect(client, work, context.encoder)) conflicts.push(work.plan.name); // 3
    await mergeSuspects(client, work, context.encoder); // 4
  }

  await writeOutcomes(client, works, fresh.manifests); // 5
  await upsertGold(
    client,
    works.map(({ deltas }) => deltas),
  ); // 6
  faultPoint('aggregator.after_gold');

  const offsets = await saveOffsets(client, partitions, fresh.firstSeen); // 7
  faultPoint('aggregator.before_commit');
  await commit(client);
  faultPoint('aggregator.after_commit');

  const suspects = works
    .filter(({ direct }) => direct)
    .map(({ plan, suspects, false_suspects }) => ({ dataset: plan.name, rows: suspects, false_rows: false_suspects }));
  const counts = countOutcomes(messages, fresh, works, conflicts);
  const outcomes = outcomesByDataset(works, fresh.manifests);
  return { counts, batches: fresh.batches, offsets, gaps, conflicts, suspects, outcomes };
}

function countOutcomes(
  messages: ApplyMessage[],
  fresh: FreshWork,
  works: DatasetWork[],
  conflicts: string[],
): ApplyCounts {
  const counts = noCounts();
  for (const { batches, replaced, suspects, false_suspects } of works) {
    for (const { message, duplicates, rejected } of batches) {
      counts.rows += message.data.rows;
      counts.duplicates += duplicates;
      counts.rejected += rejected;
      counts.written += message.data.rows - duplicates - rejected;
    }
    counts.replaced += replaced.length;
    counts.suspects += suspects;
    counts.false_suspects += false_suspects;
  }
  for (const { manifest } of fresh.manifests) counts.rejected += manifest.rejects.length;
  counts.set_aside = fresh.set_asides.length;
  counts.redelivered = messages.length - fresh.batches.length - fresh.manifests.length - fresh.set_asides.length;
  counts.direct_conflicts = conflicts.length;
  return counts;
}
