import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type SpanColumn, type WorkingSet } from '../working-set.js';
import { type Cells, left } from './cells.js';
import { textFault } from './fault.js';
import { refuseText } from './validate-text.js';

/** Addresses x@y.z without blanks. */
export function validateEmail(set: WorkingSet, column: ColumnPlan, cells: Cells, into: SpanColumn): void {
  const { bytes } = set.records;
  const { start, end, offset } = cells;
  const { max_bytes } = column;
  const lefts = takeEmails(set, max_bytes, cells, into);
  for (let place = 0; place < lefts; place++) {
    const row = left[place];
    const from = start[offset + row];
    const to = end[offset + row];
    let code = isEmail(bytes, from, to) ? 0 : from === to ? FAILURE.blank : FAILURE.not_email;
    if (code === 0) code = to - from > max_bytes ? FAILURE.too_long : textFault(bytes, from, to);
    if (code !== 0) refuseText(set, column, cells, into, row, code);
  }
}

/** Takes all values, and leaves those in `left` that are no address, or too long, or may be dirty. Answers how many. */
function takeEmails({ failure, records }: WorkingSet, most: number, cells: Cells, into: SpanColumn): number {
  const { bytes, count, dirty, dirt } = records;
  const { start, end, offset } = cells;
  const { start: into_start, end: into_end } = into;
  const odd = left;
  let lefts = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    into_start[row] = from;
    into_end[row] = to;
    if (to - from > most || (dirty && dirt[row] !== 0) || !isEmail(bytes, from, to)) odd[lefts++] = row;
  }
  return lefts;
}

/** One @, something before it, a point with something on both sides behind it, no ASCII blanks. */
function isEmail(bytes: Uint8Array, from: number, to: number): boolean {
  let at_sign = to;
  let point = false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte > 64) continue;
    if (byte === 64) {
      if (at_sign < to) return false;
      at_sign = at;
    } else if (byte === 46) point ||= at > at_sign + 1 && at < to - 1;
    else if (byte === 32 || (byte >= 9 && byte <= 13)) return false;
  }
  return point && at_sign > from;
}
