import type { ColumnPlan } from '@millrace/dataset';
import type { SpanColumn, WorkingSet } from '../working-set.js';
import type { Cells } from './cells.js';
import { textFault } from './fault.js';

/** Addresses x@y.z without blanks; anything else takes the default (a config with a required email is refused). */
export function validateEmail(set: WorkingSet, _column: ColumnPlan, cells: Cells, into: SpanColumn): void {
  const { failure } = set;
  const { bytes, count, dirty } = set.records;
  const { start, end, offset, default_start, default_end } = cells;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    const valid = isEmail(bytes, from, to) && (!dirty || textFault(bytes, from, to) === 0);
    into.start[row] = valid ? from : default_start;
    into.end[row] = valid ? to : default_end;
  }
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
