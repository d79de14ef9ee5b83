import { type Chunk, MillraceError } from '@millrace/contracts';
import { parseHeader, parseRecords, type Records } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';
import { blankMissing, fieldsByName } from './map-fields.js';

/**
 * Parses a chunk of a file to offsets; slot `n` is the plan's n-th source column. A column that the header does not have is
 * blank in every record.
 * @throws MillraceError MESSAGE_CONTRACT when the chunk does not hold the number of records that it claims
 */
export function parseChunk(plan: DatasetPlan, chunk: Chunk): Records {
  const map = fieldsByName(plan, parseHeader(chunk.header));
  const records = parseRecords(chunk.raw, map.fields, plan.source_columns.length);
  if (records.count !== chunk.records) {
    const message = `chunk holds ${records.count} records where its header says ${chunk.records}`;
    throw new MillraceError('MESSAGE_CONTRACT', message);
  }
  blankMissing(records, map, 0, records.count);
  return records;
}
