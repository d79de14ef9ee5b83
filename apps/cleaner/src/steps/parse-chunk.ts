import { type Chunk, MillraceError } from '@millrace/contracts';
import type { Records } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';
import { parseCsvChunk } from './parse-csv-chunk.js';
import { parseJsonChunk } from './parse-json-chunk.js';

/**
 * Parses a chunk of a file to offsets; slot `n` is the plan's n-th source column. A column that the source does not have
 * is blank in every record.
 * @throws MillraceError MESSAGE_CONTRACT when the chunk does not hold the number of records that it claims
 */
export function parseChunk(plan: DatasetPlan, chunk: Chunk): Records {
  const format = chunk.context?.format ?? 'csv';
  const isJson = format === 'json' || format === 'json_lines';
  const records = isJson ? parseJsonChunk(plan, chunk) : parseCsvChunk(plan, chunk);
  if (records.count !== chunk.records) {
    const message = `chunk holds ${records.count} records where its header says ${chunk.records}`;
    throw new MillraceError('MESSAGE_CONTRACT', message);
  }
  return records;
}
