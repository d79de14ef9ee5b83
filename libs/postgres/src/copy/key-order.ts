import { type ColumnData, type Columns, type TextColumn, WIDE } from '@millrace/columnar';

/** Rows of one batch whose keys are to be put in order: its rows `rows[from .. to)`. */
export interface KeyedRows {
  data: Columns;
  source: number;
  first_record: number;
  from: number;
  to: number;
}

const SIGN = 0x80000000;
const DIGITS = 8;
/** Masks of the first 0 to 4 bytes of a word. */
const FIRST_BYTES = Int32Array.of(0, 0xff << 24, 0xffff << 16, 0xffffff << 8, -1);

/**
 * Puts rows into the order of their keys, as far as eight bytes of a column tell; what they leave open stays as it came. No more
 * than a hint: neighbours in the index are then written one after the other, and a page of it is sought once instead of once a row.
 */
export class KeyOrder {
  /** Of each row, the first key bytes in which they differ, as one number of two words. */
  private high = new Uint32Array(0);
  private low = new Uint32Array(0);
  private order = new Uint32Array(0);
  private spare = new Uint32Array(0);
  private readonly counts = new Uint32Array(DIGITS * 256);

  /**
   * @param batches one behind the other: the first begins at 0
   * @param rows indexes of rows in their batches
   * @param keys indexes of the key's columns; none: rows are ordered by where they came from
   * @returns places in `rows`, in order; valid until the next call
   */
  of(batches: readonly KeyedRows[], rows: Uint32Array, keys: readonly number[]): Uint32Array {
    const count = batches.at(-1)?.to ?? 0;
    if (this.order.length < count) this.grow(count);
    for (let at = 0; at < count; at++) this.order[at] = at;
    if (keys.length === 0) {
      for (const batch of batches) this.readPlaces(batch, rows);
      this.sort(count);
    }
    // By the last column first: an order that is kept among equals is one by all of them in the end.
    for (const key of [...keys].reverse()) {
      if (batches[0]?.data.columns[key].encoding === 'text') this.readTexts(batches, rows, key);
      else for (const batch of batches) this.readColumn(batch.data.columns[key], rows, batch);
      this.sort(count);
    }
    return this.order.subarray(0, count);
  }

  private grow(needed: number): void {
    const rows = Math.max(needed, 2 * this.order.length);
    this.high = new Uint32Array(rows);
    this.low = new Uint32Array(rows);
    this.order = new Uint32Array(rows);
    this.spare = new Uint32Array(rows);
  }

  private readPlaces({ source, first_record, data, from, to }: KeyedRows, rows: Uint32Array): void {
    for (let index = from; index < to; index++) {
      const record = first_record + data.records[rows[index]];
      this.high[index] = (source << 21) | Math.floor(record / 2 ** 32);
      this.low[index] = record;
    }
  }

  private readColumn(column: ColumnData, rows: Uint32Array, { from, to }: KeyedRows): void {
    const { high, low } = this;
    for (let index = from; index < to; index++) {
      const row = rows[index];
      high[index] = 0;
      if (column.encoding === 'integer') low[index] = column.values[row] ^ SIGN;
      else if (column.encoding === 'date') low[index] = column.days[row] ^ SIGN;
      else if (column.encoding === 'dictionary') this.readText(index, column, column.codes[row], 0);
      else if (column.encoding === 'decimal') {
        const isWide = column.high[row] === WIDE;
        high[index] = isWide && !column.wide[column.low[row]].startsWith('-') ? -1 : column.high[row] ^ SIGN;
        low[index] = column.low[row];
      }
    }
  }

  /** Behind what all keys begin with, such as the zeros of a number in rising order. */
  private readTexts(batches: readonly KeyedRows[], rows: Uint32Array, key: number): void {
    const texts = batches.map(({ data }) => data.columns[key] as TextColumn);
    const common = commonPrefix(texts, rows, batches);
    batches.forEach(({ from, to }, at) => {
      this.readWords(texts[at], rows, from, to, common);
    });
  }

  /** As `readText`, by words: with whatever stands behind a short text, and then without it. */
  private readWords({ bytes, offsets }: TextColumn, rows: Uint32Array, from: number, to: number, skip: number): void {
    const { high, low } = this;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let index = from; index < to; index++) {
      const row = rows[index];
      const start = offsets[row] + skip;
      const size = offsets[row + 1] - start;
      if (start + 8 > view.byteLength) {
        this.readText(index, { bytes, offsets }, row, skip);
        continue;
      }
      high[index] = view.getInt32(start) & FIRST_BYTES[Math.min(size, 4)];
      low[index] = size > 4 ? view.getInt32(start + 4) & FIRST_BYTES[Math.min(size - 4, 4)] : 0;
    }
  }

  private readText(index: number, { bytes, offsets }: Pick<TextColumn, 'bytes' | 'offsets'>, at: number, skip: number) {
    const start = offsets[at] + skip;
    const end = offsets[at + 1];
    let high = 0;
    let low = 0;
    for (let byte = 0; byte < 4; byte++) high = (high << 8) | (start + byte < end ? bytes[start + byte] : 0);
    for (let byte = 4; byte < 8; byte++) low = (low << 8) | (start + byte < end ? bytes[start + byte] : 0);
    this.high[index] = high;
    this.low[index] = low;
  }

  /** Least significant byte first; bytes in which all rows agree cost nothing but the look at them. */
  private sort(rows: number): void {
    const { counts, high, low } = this;
    if (this.isSorted(rows)) return;
    counts.fill(0);
    for (let row = 0; row < rows; row++) {
      const [upper, lower] = [high[row], low[row]];
      counts[lower & 255]++;
      counts[256 + ((lower >>> 8) & 255)]++;
      counts[512 + ((lower >>> 16) & 255)]++;
      counts[768 + (lower >>> 24)]++;
      counts[1024 + (upper & 255)]++;
      counts[1280 + ((upper >>> 8) & 255)]++;
      counts[1536 + ((upper >>> 16) & 255)]++;
      counts[1792 + (upper >>> 24)]++;
    }
    for (let digit = 0; digit < DIGITS; digit++) {
      const word = digit < 4 ? low : high;
      const shift = 8 * (digit & 3);
      if (counts[256 * digit + ((word[0] >>> shift) & 255)] < rows) this.distribute(rows, word, shift, 256 * digit);
    }
  }

  private isSorted(rows: number): boolean {
    const { order, high, low } = this;
    for (let at = 1; at < rows; at++) {
      const [before, row] = [order[at - 1], order[at]];
      if (high[before] > high[row] || (high[before] === high[row] && low[before] > low[row])) return false;
    }
    return true;
  }

  private distribute(rows: number, word: Uint32Array, shift: number, from: number): void {
    const { counts, order, spare } = this;
    for (let value = from, sum = 0; value < from + 256; value++) {
      const count = counts[value];
      counts[value] = sum;
      sum += count;
    }
    for (let at = 0; at < rows; at++) {
      const row = order[at];
      spare[counts[from + ((word[row] >>> shift) & 255)]++] = row;
    }
    this.order = spare;
    this.spare = order;
  }
}

/** Bytes with which every key begins. */
function commonPrefix(texts: readonly TextColumn[], rows: Uint32Array, batches: readonly KeyedRows[]): number {
  let first: Uint8Array | undefined;
  let common = 0;
  batches.forEach(({ from, to }, at) => {
    const { bytes, offsets } = texts[at];
    if (!first && to > from) {
      first = bytes.subarray(offsets[rows[from]], offsets[rows[from] + 1]);
      common = first.length;
    }
    for (let index = from; index < to && common > 0; index++) {
      const start = offsets[rows[index]];
      const size = Math.min(common, offsets[rows[index] + 1] - start);
      let same = 0;
      while (same < size && bytes[start + same] === first![same]) same++;
      common = same;
    }
  });
  return common;
}
