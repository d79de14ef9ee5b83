import { type Chunk, LIMITS, type Reject, type RejectCode } from '@millrace/contracts';
import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import { extraName, maskedNames } from './extras/name-extras.js';
import { membersOf } from './json/json-members.js';
import { layoutsOf } from './record-layouts.js';
import { slotOf } from './values/cells.js';
import { FAILURE, NO_COLUMN, type WorkingSet } from './working-set.js';

/** What stands for PII wherever a reject is told. */
export const MASK = '***';
const MASK_BYTES = Buffer.from(MASK);
const MASK_BASE64 = MASK_BYTES.toString('base64');

/** Whether rejects of the plan have something to hide. */
export function hidesValues({ columns }: DatasetPlan): boolean {
  return columns.some(({ pii }) => pii !== null);
}

/** Whether a column holds PII, or what was derived from it. */
export function isMasked(plan: DatasetPlan, { pii, derive }: ColumnPlan): boolean {
  return pii !== null || (derive?.from.some((index) => isMasked(plan, plan.columns[index])) ?? false);
}

/** The one reject of a chunk that is flagged as a whole. */
export function rejectChunk(plan: DatasetPlan, chunk: Chunk, code: RejectCode): Reject {
  const raw = hidesValues(plan) ? MASK_BASE64 : chunk.raw.toString('base64', 0, LIMITS.reject_raw_bytes);
  return { record: chunk.first_record, column: null, code, value: null, raw };
}

/** Where bytes are to be hidden. */
interface Span {
  from: number;
  to: number;
}

/**
 * Gives a rejected record's bytes in base64, at most LIMITS.reject_raw_bytes of them, with *** in place of each value that is PII;
 * *** alone for a record whose values cannot be told apart, or stand nowhere in it as they are.
 */
export function rawMasker(set: WorkingSet): (row: number, end: number) => string {
  const { plan, records, failure, failed_column } = set;
  const layout = layoutsOf(plan, set.chunk);
  const slots = plan.source_columns.flatMap((index, slot) => (plan.columns[index].pii === null ? [] : [slot]));
  const names = maskedNames(plan);
  return (row, end) => {
    const readable = failed_column[row] !== NO_COLUMN || failure[row] === FAILURE.extra_column;
    if (!readable) return MASK_BASE64;
    const map = layout(row);
    if (map?.repeats_pii) return MASK_BASE64;
    const spans = map === null ? memberSpans(set, row, names) : cellSpans(set, row, slots);
    if (spans === null) return MASK_BASE64;
    return withMasks(records.bytes, records.record_start[row], end, spans);
  };
}

/** null when a cell was unescaped: it stands elsewhere than in the record. */
function cellSpans(set: WorkingSet, row: number, slots: number[]): Span[] | null {
  const from = set.records.record_start[row];
  const to = set.records.record_end[row];
  const spans: Span[] = [];
  for (const slot of slots) {
    const { start, end } = slotOf(set, slot, row);
    if (start === end) continue;
    if (start < from || end > to) return null;
    spans.push({ from: start, to: end });
  }
  return spans.sort((a, b) => a.from - b.from);
}

function memberSpans({ plan, records }: WorkingSet, row: number, names: Set<string>): Span[] | null {
  const members = membersOf(records.bytes, records.record_start[row], records.record_end[row]);
  if (members === null) return null;
  const isPii = (name: string) => names.has(name.toLowerCase()) || names.has(extraName(name, plan).toLowerCase());
  return members.filter(({ name }) => isPii(name));
}

function withMasks(bytes: Buffer, begin: number, end: number, spans: Span[]): string {
  const pieces: Buffer[] = [];
  let at = begin;
  for (const { from, to } of spans) {
    pieces.push(bytes.subarray(at, from), MASK_BYTES);
    at = to;
  }
  pieces.push(bytes.subarray(at, Math.max(at, end)));
  return Buffer.concat(pieces).toString('base64', 0, LIMITS.reject_raw_bytes);
}
