import { decimalText, hashKeyAt, hashPosition, joinLanes, KeyWriter, timestampText, WIDE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import type { CodeColumn, LanesColumn, WorkingSet } from './working-set.js';

/** Fills two lanes for each accepted row, of a key that is not one column of text. */
export function hashRows(set: WorkingSet, lanes: Uint32Array): void {
  const { keys, columns } = set.plan;
  if (keys.length === 0) hashPositions(set, lanes);
  else if (keys.length === 1 && columns[keys[0]].encoding === 'dictionary') {
    hashEntries(set, set.columns[keys[0]] as CodeColumn, lanes);
  } else hashTyped(set, lanes);
}

/** Without a key every row is its own: the lanes are of its position. */
function hashPositions({ chunk, records, failure }: WorkingSet, lanes: Uint32Array): void {
  const { distances, count } = records;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const record = chunk.first_record + (distances === null ? row : distances[row]);
    hashPosition(chunk.source, record, lanes, row);
  }
}

function hashEntries({ records, failure }: WorkingSet, { codes, entries }: CodeColumn, lanes: Uint32Array): void {
  for (let row = 0; row < records.count; row++) {
    if (failure[row] !== 0) continue;
    hashKeyAt(entries.view, entries.start[codes[row]], entries.end[codes[row]], lanes, row);
  }
}

const writer = new KeyWriter();

function hashTyped(set: WorkingSet, lanes: Uint32Array): void {
  const { plan, records, failure } = set;
  const writers = plan.keys.map((index) => valueWriter(set, plan.columns[index]));
  for (let row = 0; row < records.count; row++) {
    if (failure[row] !== 0) continue;
    writer.begin();
    for (const write of writers) write(row);
    const size = writer.end();
    hashKeyAt(writer.view, 0, size, lanes, row);
  }
}

/** Writes the canonical text of a row's value in one of the key's columns, none of which holds NULL. */
function valueWriter(set: WorkingSet, { index, type, scale }: ColumnPlan): (row: number) => void {
  const column = set.columns[index];
  const { bytes } = set.records;
  switch (column.encoding) {
    case 'text':
      return (row) => writer.text(bytes, column.start[row], column.end[row]);
    case 'dictionary': {
      const { codes, entries } = column;
      const view = new Uint8Array(entries.view.buffer, entries.view.byteOffset, entries.view.byteLength);
      return (row) => writer.text(view, entries.start[codes[row]], entries.end[codes[row]]);
    }
    case 'date':
      return (row) => writer.date(column.values[row]);
    case 'integer':
      if (type === 'boolean') return (row) => writer.plain(column.values[row] === 0 ? 'false' : 'true');
      return (row) => writer.integer(column.values[row]);
    case 'decimal': {
      const { low, high } = column;
      return (row) => {
        if (high[row] === WIDE) writer.plain(wideAt(column, row, type));
        else if (type === 'timestamp') writer.timestamp(joinLanes(low[row], high[row]));
        else writer.scaled(joinLanes(low[row], high[row]), scale);
      };
    }
  }
}

function wideAt({ low, wide }: LanesColumn, row: number, type: ColumnPlan['type']): string {
  return type === 'timestamp' ? timestampText(wide[low[row]]) : decimalText(wide[low[row]]);
}
