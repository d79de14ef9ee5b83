import { type Chunk, PLAIN_DIALECT } from '@millrace/contracts';
import { parseRecords, type Records } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';
import { trimsAll } from './column-passes.js';
import { fieldsOfChunk } from './fields-of-chunk.js';
import { blankMissing } from './map-fields.js';

/**
 * Parses a chunk of CSV to offsets, in the dialect of its source; slot `n` is the plan's n-th source column. A column that the source
 * does not have is blank in every record.
 * @throws MillraceError MESSAGE_CONTRACT when the chunk is larger than a chunk may be, SOURCE_UNREADABLE for a broken header record
 */
export function parseCsvChunk(plan: DatasetPlan, chunk: Chunk): Records {
  const map = fieldsOfChunk(plan, chunk);
  const dialect = chunk.context?.dialect ?? PLAIN_DIALECT;
  const records = parseRecords(chunk.raw, map.fields, map.slots, dialect, { trim: trimsAll(plan) });
  blankMissing(records, map, 0, records.count);
  return records;
}
