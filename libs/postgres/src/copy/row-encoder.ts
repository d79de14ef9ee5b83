import type { Columns } from '@millrace/columnar';
import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import { type Bytes, bytesOf, type FieldWriter, SPILL_BYTES } from './fields/field-writer.js';
import { bigintWriter, booleanWriter, dateWriter, integerWriter, timestampWriter } from './fields/fixed.js';
import { numericWriter } from './fields/numeric.js';
import { dictionaryWriter, jsonWriter, textWriter } from './fields/text.js';
import { KeyOrder } from './key-order.js';

/** Rows of one batch. */
export interface RowSet {
  source: number;
  /** Ordinal of the chunk's first record. */
  first_record: number;
  data: Columns;
  /** Indexes of the rows, ascending; null = all. */
  selected: Uint32Array | null;
}

/** Its rows are the numbers `from` to below `to` among those in hand. */
interface SetInHand extends RowSet {
  from: number;
  to: number;
}

/** `_source`, `_record` and `_version` at the end of each row: 4 + 4, 4 + 8 and 4 + 4 bytes. */
const POSITION_COLUMNS = 3;
const POSITION_BYTES = SPILL_BYTES;
const COUNT_BYTES = 2;
/** Rows that are put in order together; one batch may be larger. */
const WINDOW_BYTES = 32 * 1024 * 1024;
/** No more is kept between transactions. */
const KEPT_BYTES = 40 * 1024 * 1024;
/** Large enough for few writes, and small enough for the server to begin early. */
const SLICE_BYTES = 256 * 1024;
/**
 * A socket's high-water mark: a write at least this long is acknowledged only once all of it has left the process.
 * A shorter one may be acknowledged while it still waits, so that its memory must not be written over.
 */
const ACKNOWLEDGED_WHEN_SENT_BYTES = 64 * 1024;

/**
 * Rows of batches as binary COPY tuples: the plan's columns in table order, then `_source`, `_record` and `_version`; in the order
 * of their keys, whatever batch they are in. Its memory is used again and again: one encoder to a connection.
 */
export class RowEncoder {
  private readonly order = new KeyOrder();
  private rows = new Uint32Array(0);
  private sizes = new Uint32Array(0);
  private cursors = new Uint32Array(0);
  private buffer: Buffer | undefined;

  /**
   * Slices of tuples, each to be sent before the next is asked for; once all are, the server must have them before the next call.
   * @param version the rows' `_version`
   * @throws UnstorableError for a number or time that PostgreSQL's type does not hold
   */
  *encode(plan: DatasetPlan, version: number, sets: Iterable<RowSet>): Generator<Buffer> {
    const writers = plan.columns.map(writerOf);
    const send = (window: readonly SetInHand[], size: number) => this.send(plan, version, writers, window, size);
    let window: SetInHand[] = [];
    let size = 0;
    for (const set of sets) {
      let inHand = this.take(set, window.at(-1)?.to ?? 0);
      let added = this.measure(inHand, writers);
      if (window.length > 0 && size + added > WINDOW_BYTES) {
        yield* send(window, size);
        [window, size] = [[], 0];
        inHand = this.take(set, 0);
        added = this.measure(inHand, writers);
      }
      window.push(inHand);
      size += added;
    }
    if (size > 0) yield* send(window, size);
  }

  /** The rows of a set get numbers from `from` on. */
  private take(set: RowSet, from: number): SetInHand {
    const { data, selected } = set;
    const count = selected ? selected.length : data.rows;
    const to = from + count;
    if (to > this.rows.length) {
      this.rows = larger(this.rows, to);
      this.sizes = larger(this.sizes, to);
      this.cursors = new Uint32Array(this.rows.length);
    }
    const { rows } = this;
    for (let index = 0; index < count; index++) rows[from + index] = selected ? selected[index] : index;
    return { ...set, from, to };
  }

  /** Fills `sizes`. @returns bytes of all rows */
  private measure({ data, from, to }: SetInHand, writers: readonly FieldWriter[]): number {
    const { rows, sizes } = this;
    const span = { rows, from, to };
    sizes.fill(0, from, to);
    let each = COUNT_BYTES + POSITION_BYTES;
    writers.forEach((writer, at) => {
      each += writer.measure(data.columns[at], span, sizes);
    });
    let sum = 0;
    for (let index = from; index < to; index++) {
      sizes[index] += each;
      sum += sizes[index];
    }
    return sum;
  }

  private *send(
    plan: DatasetPlan,
    version: number,
    writers: readonly FieldWriter[],
    window: readonly SetInHand[],
    size: number,
  ): Generator<Buffer> {
    this.place(window, plan.keys);
    if (size < ACKNOWLEDGED_WHEN_SENT_BYTES) {
      const buffer = Buffer.allocUnsafeSlow(size);
      for (const set of window) this.write(set, version, writers, bytesOf(buffer));
      yield buffer;
      return;
    }
    const kept = this.buffer && this.buffer.length >= size ? this.buffer : undefined;
    const buffer = kept ?? Buffer.allocUnsafeSlow(roomFor(size));
    // Of a COPY that fails, some bytes may still wait to be sent: then it is not taken again.
    this.buffer = undefined;
    for (const set of window) this.write(set, version, writers, bytesOf(buffer));
    let at = 0;
    for (; size - at >= 2 * SLICE_BYTES; at += SLICE_BYTES) yield buffer.subarray(at, at + SLICE_BYTES);
    yield buffer.subarray(at, size);
    if (buffer.length <= KEPT_BYTES) this.buffer = buffer;
  }

  /** Fills `cursors` with where each row begins. */
  private place(window: readonly SetInHand[], keys: readonly number[]): void {
    const { sizes, cursors, rows } = this;
    const order = this.order.of(window, rows, keys);
    let at = 0;
    for (let index = 0; index < order.length; index++) {
      const row = order[index];
      cursors[row] = at;
      at += sizes[row];
    }
  }

  private write(set: SetInHand, version: number, writers: readonly FieldWriter[], out: Bytes): void {
    const { data, source, first_record, from, to } = set;
    const { rows, cursors } = this;
    const span = { rows, from, to };
    const { view } = out;
    const columns = writers.length + POSITION_COLUMNS;
    for (let index = from; index < to; index++) {
      view.setInt16(cursors[index], columns);
      cursors[index] += COUNT_BYTES;
    }
    writers.forEach((writer, at) => {
      writer.write(data.columns[at], span, out, cursors);
    });
    for (let index = from; index < to; index++) {
      const at = cursors[index];
      const record = first_record + data.records[rows[index]];
      view.setInt32(at, 4);
      view.setInt32(at + 4, source);
      view.setInt32(at + 8, 8);
      view.setInt32(at + 12, Math.floor(record / 4294967296));
      view.setInt32(at + 16, record);
      view.setInt32(at + 20, 4);
      view.setInt32(at + 24, version);
    }
  }
}

function writerOf({ type, encoding, scale, precision }: ColumnPlan): FieldWriter {
  if (type === 'boolean') return booleanWriter as FieldWriter;
  if (type === 'bigint') return bigintWriter as FieldWriter;
  if (type === 'timestamp') return timestampWriter as FieldWriter;
  if (type === 'json') return jsonWriter as FieldWriter;
  if (encoding === 'text') return textWriter as FieldWriter;
  if (encoding === 'dictionary') return dictionaryWriter as FieldWriter;
  if (encoding === 'integer') return integerWriter as FieldWriter;
  if (encoding === 'date') return dateWriter as FieldWriter;
  // An unconstrained numeric shows the digits that its value needs; a constrained one is shown at its scale by PostgreSQL.
  return numericWriter(scale, precision === null ? -1 : scale) as FieldWriter;
}

/** In few steps: each new buffer is what the garbage collector runs for. */
function roomFor(size: number): number {
  return Math.max(size, Math.min(2 ** Math.ceil(Math.log2(size)), KEPT_BYTES));
}

function larger(array: Uint32Array<ArrayBuffer>, entries: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(Math.max(entries, 2 * array.length, 4096));
  grown.set(array);
  return grown;
}
