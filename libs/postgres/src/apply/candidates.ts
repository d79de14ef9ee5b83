import { keyTextAt, textAt } from '@millrace/columnar';
import type { DatasetPlan } from '@millrace/dataset';
import type { RowEncoder } from '../copy/row-encoder.js';
import { valueAt } from '../values/values.js';
import { type BatchWork, type DatasetWork, isSuspect } from './dataset-work.js';
import type { Candidate } from './decide.js';

/** Rows that the table has to be asked about: the suspects, or all rows when the direct path is closed. */
export function collectCandidates({ plan, batches, direct }: DatasetWork): Candidate[] {
  const ranked = plan.keep.kind === 'max' ? plan.columns[plan.keep.column] : null;
  const candidates: Candidate[] = [];
  for (const batch of batches) {
    const { data, suspects, batch: place } = batch.message;
    for (let row = 0; row < data.rows; row++) {
      if (direct && !isSuspect(suspects, row)) continue;
      const { source } = place;
      const record = place.first_record + data.records[row];
      const key =
        plan.keys.length === 0 ? JSON.stringify([String(source), String(record)]) : keyTextAt(plan, data, row);
      const rank = ranked ? valueAt(data.columns[ranked.index], ranked, row) : null;
      candidates.push({ key, rank, batch, row, source, record });
    }
  }
  return candidates;
}

/** The first key column whose bytes are not what its string says, or have a NUL: only others may be compared as text. */
export function columnThatIsNoText({ batch, row }: Candidate, { keys, columns }: DatasetPlan): string | undefined {
  const index = keys.find((index) => {
    const column = batch.message.data.columns[index];
    if (column.encoding !== 'text' && column.encoding !== 'dictionary') return false;
    const text = textAt(column, row) ?? '';
    if (text.includes('\0')) return true;
    if (!text.includes('\ufffd')) return false;
    const at = column.encoding === 'text' ? row : column.codes[row];
    return !Buffer.from(text).equals(column.bytes.subarray(column.offsets[at], column.offsets[at + 1]));
  });
  return index === undefined ? undefined : columns[index].name;
}

/** Candidates as COPY tuples. */
export function encodeCandidates(
  { plan, version }: Pick<DatasetWork, 'plan' | 'version'>,
  candidates: readonly Candidate[],
  encoder: RowEncoder,
): Generator<Buffer> {
  const sets = [...rowsByBatch(candidates)].map(([{ message }, selected]) => {
    const { source, first_record } = message.batch;
    return { source, first_record, data: message.data, selected };
  });
  return encoder.encode(plan, version, sets);
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
