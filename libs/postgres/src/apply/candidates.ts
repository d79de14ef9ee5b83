import { type TextColumn, textAt } from '@millrace/columnar';
import type { DatasetPlan } from '@millrace/dataset';
import { encodeRows } from '../copy/encode-rows.js';
import { type BatchWork, type DatasetWork, isSuspect } from './dataset-work.js';
import type { Candidate } from './decide.js';

/** Rows that the table has to be asked about: the suspects, or all rows when the direct path is closed. */
export function collectCandidates({ plan, batches, direct }: DatasetWork): Candidate[] {
  const candidates: Candidate[] = [];
  for (const batch of batches) {
    const { data, suspects, batch: place } = batch.message;
    const keys = data.columns[plan.key] as TextColumn;
    for (let row = 0; row < data.rows; row++) {
      if (direct && !isSuspect(suspects, row)) continue;
      const key = textAt(keys, row)!;
      candidates.push({ key, batch, row, source: place.source, record: place.first_record + data.records[row] });
    }
  }
  return candidates;
}

/** Whether a key's bytes are what its string says, without NUL: only then may it be compared as text. */
export function keyIsText({ key, batch, row }: Candidate, plan: DatasetPlan): boolean {
  if (key.includes('\0')) return false;
  if (!key.includes('\ufffd')) return true;
  const { bytes, offsets } = batch.message.data.columns[plan.key] as TextColumn;
  return Buffer.from(key).equals(bytes.subarray(offsets[row], offsets[row + 1]));
}

/** Candidates as COPY tuples, a buffer a batch. */
export function* encodeCandidates(plan: DatasetPlan, candidates: readonly Candidate[]): Generator<Buffer> {
  for (const [{ message }, rows] of rowsByBatch(candidates)) yield encodeRows(plan, message.batch, message.data, rows);
}

/** Indexes of the candidates' rows, ascending, by the batch that they are in. */
export function rowsByBatch(candidates: readonly Candidate[]): Map<BatchWork, Uint32Array> {
  const lists = new Map<BatchWork, number[]>();
  for (const { batch, row } of candidates) {
    const list = lists.get(batch);
    if (list) list.push(row);
    else lists.set(batch, [row]);
  }
  return new Map([...lists].map(([batch, list]) => [batch, Uint32Array.from(list).sort()]));
}
