import { reserveSpare, SLOT_STRIDE } from '@millrace/csv';
import { membersOf } from '../json/json-members.js';
import { isStorable } from '../json/json-text.js';
import type { FieldMap } from '../map-fields.js';
import { layoutsOf } from '../record-layouts.js';
import { storableText } from '../storable-text.js';
import { failRow } from '../values/cells.js';
import { textFault } from '../values/fault.js';
import { FAILURE, NO_COLUMN, NULL_SPAN, type SpanColumn, type WorkingSet } from '../working-set.js';
import { extraName, wantedNames } from './name-extras.js';

/** Of a row its non-blank extra fields, as the members of a JSON object: `"name":"value"`. */
type ReadExtras = (row: number) => string[];

/** Rejects the records with extra fields, or keeps these in the hidden column `_extra`, as the plan says. */
export function takeExtras(set: WorkingSet): void {
  const { plan, records, failure } = set;
  if (plan.source.extra_columns === 'ignore') return;
  const read = extrasReader(set);
  const texts: string[] = [];
  let size = 0;
  for (let row = 0; row < records.count; row++) {
    if (failure[row] !== 0) continue;
    const members = read(row);
    if (members.length === 0) continue;
    if (plan.source.extra_columns === 'reject') failRow(set, row, NO_COLUMN, FAILURE.extra_column);
    else {
      texts[row] = `{${members.join(',')}}`;
      size += Buffer.byteLength(texts[row]);
    }
  }
  if (plan.extra_column !== null) writeExtras(set, set.columns[plan.extra_column] as SpanColumn, texts, size);
}

function writeExtras({ records }: WorkingSet, { start, end }: SpanColumn, texts: string[], size: number): void {
  reserveSpare(records, size);
  start.fill(NULL_SPAN, 0, records.count);
  texts.forEach((text, row) => {
    start[row] = records.spare;
    records.spare += records.bytes.write(text, records.spare);
    end[row] = records.spare;
  });
}

function extrasReader(set: WorkingSet): ReadExtras {
  const layout = layoutsOf(set.plan, set.chunk);
  const json = jsonReader(set);
  return (row) => {
    const map = layout(row);
    return map === null ? json(row) : csvExtras(set, map, row);
  };
}

function csvExtras({ records }: WorkingSet, { extras }: FieldMap, row: number): string[] {
  const members: string[] = [];
  for (const { slot, key } of extras) {
    const at = slot * SLOT_STRIDE + row;
    const { bytes, start, end } = records;
    if (start[at] === end[at]) continue;
    const value = storableText(bytes, start[at], end[at], Number.POSITIVE_INFINITY).trim();
    if (value !== '') members.push(`${key}:${JSON.stringify(value)}`);
  }
  return members;
}

function jsonReader({ plan, records }: WorkingSet): ReadExtras {
  const taken = wantedNames(plan);
  const { record_start, record_end } = records;
  return (row) => {
    const found = membersOf(records.bytes, record_start[row], record_end[row]) ?? [];
    return found.flatMap(({ name, from, to }) => {
      const called = extraName(name, plan);
      if (taken.has(called.toLowerCase()) || taken.has(name.toLowerCase())) return [];
      const value = memberValue(records.bytes, from, to);
      return value === null ? [] : [`${JSON.stringify(called)}:${value}`];
    });
  };
}

/** A member's value as it stands, or as a string where PostgreSQL could not hold it; null for null and for blank strings. */
function memberValue(bytes: Buffer, from: number, to: number): string | null {
  const text = bytes.toString('utf8', from, to);
  if (text === 'null' || /^"\s*"$/.test(text)) return null;
  if (textFault(bytes, from, to) === 0 && isStorable(bytes, from, to)) return text;
  return JSON.stringify(storableText(bytes, from, to, Number.POSITIVE_INFINITY));
}
