import { type Chunk, LIMITS, REJECT_CODES, type Reject, type RejectCode } from '@millrace/contracts';
import { slotOf } from './values/cells.js';
import { NO_COLUMN, type WorkingSet } from './working-set.js';

const CR = 13;

/** All rejected records of a chunk, in order, each with its reason and its bytes. */
export function collectRejects(set: WorkingSet, chunk: Chunk): Reject[] {
  const { plan, failure, failed_column } = set;
  const { bytes, count, record_start, record_end, distances } = set.records;
  const rejects: Reject[] = [];
  for (let row = 0; row < count; row++) {
    if (failure[row] === 0) continue;
    let column: string | null = null;
    let value: string | null = null;
    if (failed_column[row] !== NO_COLUMN) {
      const index = failed_column[row];
      const { start, end } = slotOf(set, plan.source_columns.indexOf(index), row);
      column = plan.columns[index].name;
      value = storableText(bytes.subarray(start, end), LIMITS.reject_value_bytes);
    }
    // An entry is kept as it came; a record of a file without its line end.
    const line_end = record_end[row] - (distances === null && bytes[record_end[row] - 1] === CR ? 1 : 0);
    const raw_end = Math.min(line_end, record_start[row] + LIMITS.reject_raw_bytes);
    rejects.push({
      record: chunk.first_record + (distances === null ? row : distances[row]),
      column,
      code: REJECT_CODES[failure[row] - 1],
      value,
      raw: bytes.toString('base64', record_start[row], raw_end),
    });
  }
  return rejects;
}

/** The one reject of a chunk that is flagged as a whole. */
export function rejectChunk(chunk: Chunk, code: RejectCode): Reject {
  const raw = chunk.raw.toString('base64', 0, LIMITS.reject_raw_bytes);
  return { record: chunk.first_record, column: null, code, value: null, raw };
}

/** Bytes as text that PostgreSQL takes: what is no UTF-8 and NUL become U+FFFD; at most `limit` bytes, whole characters. */
export function storableText(bytes: Buffer, limit: number): string {
  const text = cut(bytes, limit).toString('utf8').replaceAll('\0', '\ufffd');
  // Replacements are longer than what they replace.
  const encoded = Buffer.from(text);
  return encoded.length <= limit ? text : cut(encoded, limit).toString('utf8');
}

function cut(bytes: Buffer, limit: number): Buffer {
  if (bytes.length <= limit) return bytes;
  let end = limit;
  while (end > limit - 4 && (bytes[end] & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
