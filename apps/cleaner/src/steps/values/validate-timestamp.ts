import { highLane } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { instant, type MomentReader, resolveInstant } from '../moments/moment.js';
import { instantOf, isIsoOnly, readersOf, zoneMinutes } from '../moments/readers.js';
import { FAILURE, type LanesColumn, NULL_INT, type WorkingSet } from '../working-set.js';
import { failRow, left, type Pass } from './cells.js';
import { LANE_MAX } from './exact-decimal.js';
import { becomesNull, rejectsFor } from './fallback.js';
import { readIsoInstants } from './iso-instants.js';
import { putExact } from './signed-decimal.js';

interface Instant {
  seconds: number;
  micros: number;
}

/** Microseconds in the lanes. */
const SCALE = 6;

/** Timestamps in the column's formats, within its bounds: microseconds in UTC. */
export function validateTimestamp(column: ColumnPlan): Pass {
  const readers = readersOf(column);
  const zone = zoneMinutes(column.time_zone);
  const literal = (text: string | null) => (text === null ? null : instantOf(text, zone));
  const min = literal(column.min);
  const max = literal(column.max);
  const fallback = literal(column.default_value);
  const bounds = { min: microsOf(min, Number.NEGATIVE_INFINITY), max: microsOf(max, Number.POSITIVE_INFINITY) };
  return (set, cells) => {
    const { bytes } = set.records;
    const { start, end, offset } = cells;
    const into = set.columns[column.index] as LanesColumn;
    const chosen = readers(set);
    into.wide.length = 0;
    const lefts = isIsoOnly(chosen) ? readIsoInstants(set, cells, into, zone, bounds) : leaveAll(set);
    for (let place = 0; place < lefts; place++) {
      const row = left[place];
      const from = start[offset + row];
      const to = end[offset + row];
      let code = from === to ? FAILURE.blank : readInstant(chosen, bytes, from, to, zone, column.rounding);
      if (code === 0 && ((min && compare(found, min) < 0) || (max && compare(found, max) > 0))) {
        code = FAILURE.out_of_range;
      }
      if (code === 0) putInstant(into, row, found);
      else if (rejectsFor(column, code)) failRow(set, row, column.index, code);
      else if (fallback === null || becomesNull(column, code)) into.high[row] = NULL_INT;
      else putInstant(into, row, fallback);
    }
  };
}

/** Microseconds, or the bound where there is none. One beyond the lanes may be rounded, but stays beyond every value in them. */
function microsOf(instant: Instant | null, none: number): number {
  return instant === null ? none : instant.seconds * 1_000_000 + instant.micros;
}

/** Leaves every row in `left`. Answers how many. */
function leaveAll({ failure, records }: WorkingSet): number {
  let lefts = 0;
  for (let row = 0; row < records.count; row++) if (failure[row] === 0) left[lefts++] = row;
  return lefts;
}

const found: Instant = { seconds: 0, micros: 0 };

/** Sets `found` by the readers that take the value. They must agree. */
function readInstant(
  readers: MomentReader[],
  bytes: Uint8Array,
  from: number,
  to: number,
  zone: number,
  rounding: ColumnPlan['rounding'],
): number {
  let code: number = FAILURE.not_timestamp;
  for (const read of readers) {
    if (!read(bytes, from, to) || !resolveInstant(zone, rounding)) continue;
    if (code === 0 && compare(instant, found) !== 0) return FAILURE.ambiguous_date;
    found.seconds = instant.seconds;
    found.micros = instant.micros;
    code = 0;
  }
  return code;
}

function compare(a: Instant, b: Instant): number {
  return a.seconds - b.seconds || a.micros - b.micros;
}

function putInstant(into: LanesColumn, row: number, { seconds, micros }: Instant): void {
  const value = seconds * 1_000_000 + micros;
  // Sums beyond the lanes may be rounded, but never to less than LANE_MAX.
  if (value < LANE_MAX && value > -LANE_MAX) {
    into.low[row] = value;
    into.high[row] = highLane(value);
  } else putExact(into, row, { scaled: BigInt(seconds) * 1_000_000n + BigInt(micros), digits: SCALE }, SCALE);
}
