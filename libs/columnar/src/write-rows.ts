import { HAS_NULLS, HIGH_LEFT_OUT, KINDS, WIDE_RECORDS } from './body-layout.js';
import type { BodyWriter } from './body-writer.js';
import { NULL_CODE, WIDE } from './columns.js';
import {
  type CodeSource,
  type IntSource,
  type LanesSource,
  NULL_INT,
  NULL_SPAN,
  type RowPick,
  type RowSource,
  type SpanSource,
} from './row-source.js';

/**
 * Writes a body (body.ts) of some rows: what `encodeBody` gives for these, picked and written in one go.
 * @param columns one for each of the plan's columns @param texts what the spans among them index; up to 7 bytes behind an end are read
 * @param distances of each row from the chunk's first record, ascending; null: the row's number is its distance
 */
export function writeRows(
  writer: BodyWriter,
  columns: readonly RowSource[],
  texts: DataView,
  pick: RowPick,
  distances: Uint32Array | null,
): void {
  writeDistances(writer, columns.length, pick, distances);
  for (const column of columns) {
    switch (column.encoding) {
      case 'text':
        writeSpans(writer, column, texts, pick);
        break;
      case 'dictionary':
        writeCodes(writer, column, pick);
        break;
      case 'integer':
      case 'date':
        writeInts(writer, column, pick);
        break;
      case 'decimal':
        writeLanes(writer, column, pick);
    }
  }
}

function writeDistances(
  writer: BodyWriter,
  columns: number,
  { order, from, to }: RowPick,
  distances: Uint32Array | null,
): void {
  const rows = to - from;
  const wide = rows > 0 && distances !== null && distances[order[to - 1]] > 0xffff;
  writer.word(rows);
  writer.word(wide ? columns + WIDE_RECORDS : columns);
  writer.reserve(4 * rows);
  if (wide) {
    const { u32 } = writer;
    for (let at = from, out = writer.at >> 2; at < to; at++) u32[out++] = distances[order[at]];
  } else {
    const { u16 } = writer;
    for (let at = from, out = writer.at >> 1; at < to; at++)
      u16[out++] = distances === null ? order[at] : distances[order[at]];
  }
  writer.close((wide ? 4 : 2) * rows);
}

function writeSpans(writer: BodyWriter, column: SpanSource, texts: DataView, pick: RowPick): void {
  const { start, end } = column;
  const { order, from, to } = pick;
  const rows = to - from;
  const tag = writer.at >> 2;
  writer.word(KINDS.text);
  writer.reserve(VALUES_HEAD + rows);
  const { bytes } = writer;
  // Few values are longer than a byte tells: the lengths are written while the longest is looked for.
  let length_at = writer.at + VALUES_HEAD;
  let size = 0;
  let longest = 0;
  let nulls = 0;
  for (let at = from; at < to; at++) {
    const row = order[at];
    let length = 0;
    if (start[row] === null_span) nulls++;
    else length = end[row] - start[row];
    bytes[length_at++] = length;
    size += length;
    if (length > longest) longest = length;
  }
  const width = writer.beginValues(rows, size, longest);
  if (width > 1) {
    for (let at = from; at < to; at++) {
      const row = order[at];
      writer.putLength(at - from, width, start[row] === null_span ? 0 : end[row] - start[row]);
    }
  }
  writer.close(rows * width);
  copySpans(column, texts, pick, writer.view, writer.at);
  writer.close(size);
  if (nulls === 0) return;
  writer.u32[tag] |= HAS_NULLS;
  writeNulls(writer, pick, (row) => start[row] === null_span);
}

/** Copies the values one behind the other, eight bytes at a time: up to seven bytes behind an end are read, and written. */
function copySpans(
  { start, end }: SpanSource,
  texts: DataView,
  { order, from, to }: RowPick,
  into: DataView,
  at: number,
) {
  let out = at;
  for (let place = from; place < to; place++) {
    const row = order[place];
    const begin = start[row];
    if (begin === null_span) continue;
    const size = end[row] - begin;
    for (let done = 0; done < size; done += 8) {
      into.setInt32(out + done, texts.getInt32(begin + done, true), true);
      into.setInt32(out + done + 4, texts.getInt32(begin + done + 4, true), true);
    }
    out += size;
  }
}

/** Count, size and width of values. */
const VALUES_HEAD = 12;

/** Of this module: constants of another one would be looked up for each row. */
const [null_span, null_int, null_code, wide_lane] = [NULL_SPAN, NULL_INT, NULL_CODE, WIDE];

/** By code of the source: its code in the batch, -1 = not met. */
const renamed = new Int32Array(0x10000);
/** By code of the batch: its code in the source. */
const kept = new Uint16Array(0x10000);

/** Only the entries that these rows use, in order of appearance. */
function writeCodes(writer: BodyWriter, { codes, entries }: CodeSource, { order, from, to }: RowPick): void {
  const rows = to - from;
  writer.word(KINDS.dictionary);
  writer.reserve(2 * rows);
  renamed.fill(-1, 0, entries.count);
  const { u16 } = writer;
  const { start, end } = entries;
  let count = 0;
  let size = 0;
  let longest = 0;
  let out = writer.at >> 1;
  for (let at = from; at < to; at++, out++) {
    const code = codes[order[at]];
    if (code === null_code) {
      u16[out] = null_code;
      continue;
    }
    let name = renamed[code];
    if (name < 0) {
      name = count++;
      renamed[code] = name;
      kept[name] = code;
      const length = end[code] - start[code];
      size += length;
      if (length > longest) longest = length;
    }
    u16[out] = name;
  }
  writer.close(2 * rows);
  const width = writer.beginValues(count, size, longest);
  for (let name = 0; name < count; name++) writer.putLength(name, width, end[kept[name]] - start[kept[name]]);
  writer.close(count * width);
  const { view } = writer;
  let byte = writer.at;
  for (let name = 0; name < count; name++)
    byte = copyBytes(entries.view, start[kept[name]], end[kept[name]], view, byte);
  writer.close(size);
}

function writeInts(writer: BodyWriter, { encoding, values }: IntSource, pick: RowPick): void {
  const { order, from, to } = pick;
  const tag = writer.at >> 2;
  writer.word(KINDS[encoding]);
  writer.reserve(4 * (to - from));
  const { i32 } = writer;
  let nulls = 0;
  let out = writer.at >> 2;
  for (let at = from; at < to; at++) {
    let value = values[order[at]];
    if (value === null_int) {
      value = 0;
      nulls++;
    }
    i32[out++] = value;
  }
  writer.close(4 * (to - from));
  if (nulls === 0) return;
  writer.u32[tag] |= HAS_NULLS;
  writeNulls(writer, pick, (row) => values[row] === null_int);
}

function writeLanes(writer: BodyWriter, column: LanesSource, pick: RowPick): void {
  const { low, high } = column;
  const { order, from, to } = pick;
  const rows = to - from;
  const wide: string[] = [];
  const tag = writer.at >> 2;
  writer.word(KINDS.decimal | HIGH_LEFT_OUT);
  writer.reserve(8 * rows);
  const { u32, i32 } = writer;
  let nulls = 0;
  let highs = 0;
  let out = writer.at >> 2;
  for (let at = from; at < to; at++, out++) {
    const row = order[at];
    let lane = high[row];
    u32[out] = low[row];
    if (lane !== 0) {
      if (lane === null_int) {
        nulls++;
        u32[out] = 0;
        lane = 0;
      } else if (lane === wide_lane) u32[out] = wide.push(column.wide[low[row]]) - 1;
      highs |= lane;
    }
    i32[out + rows] = lane;
  }
  // High lanes stand directly behind the low ones, and are overwritten when all of them are 0.
  writer.close((highs === 0 ? 4 : 8) * rows);
  if (highs !== 0) writer.u32[tag] = KINDS.decimal;
  writer.texts(wide);
  if (nulls === 0) return;
  writer.u32[tag] |= HAS_NULLS;
  writeNulls(writer, pick, (row) => high[row] === null_int);
}

function writeNulls(writer: BodyWriter, { order, from, to }: RowPick, isNull: (row: number) => boolean): void {
  const size = (to - from + 7) >> 3;
  writer.reserve(size);
  const { bytes, at: begin } = writer;
  bytes.fill(0, begin, begin + size);
  for (let at = from; at < to; at++) {
    if (isNull(order[at])) bytes[begin + ((at - from) >> 3)] |= 1 << ((at - from) & 7);
  }
  writer.close(size);
}

/** Copies four bytes at a time, so up to three behind both ends too; answers where the copy ends. */
function copyBytes(source: DataView, from: number, until: number, target: DataView, to: number): number {
  let out = to;
  for (let at = from; at < until; at += 4, out += 4) target.setInt32(out, source.getInt32(at, true), true);
  return to + until - from;
}
