import { type Chunk, MillraceError } from '@millrace/contracts';
import { mapColumns, parseHeader, parseRecords, type Records, SLOT_STRIDE } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';

/**
 * Parses a chunk to offsets; slot `n` is the plan's n-th source column. A column that the header does not have is blank in every record.
 * @throws MillraceError MESSAGE_CONTRACT when the chunk does not hold the number of records that it claims
 */
export function parseChunk(plan: DatasetPlan, chunk: Chunk): Records {
  const names = parseHeader(chunk.header);
  const places = mapColumns(
    names,
    plan.source_columns.map((index) => plan.columns[index].name),
  );
  const fields = new Int32Array(names.length).fill(-1);
  places.forEach((place, slot) => {
    if (place >= 0) fields[place] = slot;
  });
  const records = parseRecords(chunk.raw, fields, places.length);
  if (records.count !== chunk.records) {
    const message = `chunk holds ${records.count} records where its header says ${chunk.records}`;
    throw new MillraceError('MESSAGE_CONTRACT', message);
  }
  places.forEach((place, slot) => {
    if (place >= 0) return;
    const from = slot * SLOT_STRIDE;
    records.start.fill(0, from, from + records.count);
    records.end.fill(0, from, from + records.count);
  });
  return records;
}
