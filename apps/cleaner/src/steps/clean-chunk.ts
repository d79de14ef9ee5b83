import {
  CHUNK_FLAG,
  type Chunk,
  CONTRACT,
  isWholeReject,
  LIMITS,
  type Manifest,
  MillraceError,
  type Reject,
} from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { collectRejects } from './collect-rejects.js';
import { countLines } from './count-lines.js';
import { deriveColumns } from './derive-columns.js';
import { type BatchOptions, type EncodedBatch, encodeBatches } from './encode-batches.js';
import { takeExtras } from './extras/take-extras.js';
import { rejectChunk } from './mask-rejects.js';
import { rejectOutliers, writeOutliers } from './outliers/reject-outliers.js';
import { parseChunk } from './parse-chunk.js';
import { parseEntries } from './parse-entries.js';
import { splitByPart } from './split-by-part.js';
import { rejectAll, rejectFaultyRecords, validateColumns } from './validate-columns.js';
import { FAILURE, workingSetOf } from './working-set.js';

/** What one chunk gave: each of its records is in exactly one batch row or one reject. */
export interface CleanedChunk {
  batches: EncodedBatch[];
  manifest: Manifest;
  counts: { records: number; rows: number; rejected: number; skipped: number };
}

/**
 * Cleans a chunk: a pure function of the chunk and the plan, so that cleaning it again gives the same bytes.
 * @param options.message_bytes a part with larger columns is split. Default LIMITS.message_bytes. @param options.contract the version of
 * the batches, the chunk's; what is made and how it is split does not depend on it
 * @throws MillraceError MESSAGE_CONTRACT when the chunk is not what its header says, SOURCE_UNREADABLE for a file's broken header record
 */
export function cleanChunk(plan: DatasetPlan, chunk: Chunk, options: Partial<BatchOptions> = {}): CleanedChunk {
  if (isWholeReject(chunk.flags)) return rejectWhole(plan, chunk);
  if ((chunk.flags & CHUNK_FLAG.passed_over) !== 0) return cleaned(plan, chunk, [], [], countLines(chunk));
  const live = (chunk.flags & CHUNK_FLAG.entries) !== 0;
  const records = live ? parseEntries(plan, chunk) : parseChunk(plan, chunk);
  const set = workingSetOf(plan, chunk, records);
  rejectFaultyRecords(set);
  if ((chunk.flags & CHUNK_FLAG.other_table) !== 0) rejectAll(set, FAILURE.other_table);
  takeExtras(set);
  validateColumns(set);
  rejectOutliers(set, 'read');
  deriveColumns(set);
  rejectOutliers(set, 'derived');
  writeOutliers(set);
  const split = splitByPart(set);
  const { message_bytes = LIMITS.message_bytes, contract = CONTRACT.newest } = options;
  const batches = encodeBatches(set, chunk, split, { message_bytes, contract });
  return cleaned(plan, chunk, batches, collectRejects(set, chunk), records.skipped);
}

function rejectWhole(plan: DatasetPlan, chunk: Chunk): CleanedChunk {
  const tooLong = (chunk.flags & CHUNK_FLAG.record_too_long) !== 0;
  return cleaned(plan, chunk, [], [rejectChunk(plan, chunk, tooLong ? 'record_too_long' : 'grown_after_seal')], 0);
}

function cleaned(
  plan: DatasetPlan,
  chunk: Chunk,
  batches: EncodedBatch[],
  rejects: Reject[],
  skipped: number,
): CleanedChunk {
  const { source, chunk: number, records } = chunk;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  if (rows + rejects.length !== records) {
    const message = `${rows} rows and ${rejects.length} rejects of ${records} records`;
    throw new MillraceError('MESSAGE_CONTRACT', message);
  }
  const slots = batches.map(({ slot }) => slot).sort((a, b) => a - b);
  return {
    batches,
    manifest: { source, chunk: number, plan: plan.fingerprint, records, skipped, slots, rejects },
    counts: { records, rows, rejected: rejects.length, skipped },
  };
}
