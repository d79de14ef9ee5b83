import type { CsvRows } from './csv-rows.js';
import { type RawValues, valuesOf } from './decode-values.js';
import { type PutValue, putterOf } from './put-values.js';
import type { Spelling, ValueText } from './value-text.js';

/** Longer ones are written anew each time. */
const KEPT_BYTES = 256;
const ALL_KEPT_BYTES = 16 * 1024 * 1024;

/** The entries of a column's dictionary. Each is spelled, and looked at for what wants quotes, when it is used first. */
export class PageDictionary {
  private readonly texts: (ValueText | undefined)[] = [];
  private readonly valueAt: ReturnType<typeof valuesOf>;
  private readonly putAnew: PutValue;
  /** Fields as they stand in CSV: entry n at `kept[start[n] .. end[n])`; none is empty. */
  private kept = new Uint8Array(4096);
  private kept_bytes = 0;
  private readonly start: Uint32Array;
  private readonly end: Uint32Array;

  constructor(
    readonly size: number,
    values: RawValues,
    private readonly spelling: Spelling,
  ) {
    this.valueAt = valuesOf(values);
    this.putAnew = putterOf(values, spelling);
    this.start = new Uint32Array(size);
    this.end = new Uint32Array(size);
  }

  textAt(index: number): ValueText {
    this.texts[index] ??= this.spelling.text(this.valueAt(index));
    return this.texts[index];
  }

  put(rows: CsvRows, index: number): void {
    const end = this.end[index];
    if (end !== 0) rows.append(this.kept, this.start[index], end);
    else {
      const from = rows.size;
      this.putAnew(rows, index);
      if (rows.size - from <= KEPT_BYTES) this.keep(index, rows.bytes, from, rows.size);
    }
  }

  private keep(index: number, bytes: Uint8Array, from: number, to: number): void {
    const end = this.kept_bytes + to - from;
    if (end > ALL_KEPT_BYTES) return;
    if (end > this.kept.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.kept.subarray(0, this.kept_bytes));
      this.kept = larger;
    }
    for (let at = from; at < to; at++) this.kept[this.kept_bytes + at - from] = bytes[at];
    this.start[index] = this.kept_bytes;
    this.end[index] = end;
    this.kept_bytes = end;
  }
}
