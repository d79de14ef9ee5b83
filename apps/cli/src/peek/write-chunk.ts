import { CHUNK_FLAG, isWholeReject, type RejectCode } from '@millrace/contracts';
import { type CutChunk, parseRecords, RECORD_FAULT, type Records, readRows, SLOT_STRIDE } from '@millrace/csv';
import type { PeekSink, PeekTable } from './peek-file.js';

/** Writes the records of chunks as rows, or says why they are none. */
export class ChunkWriter {
  private readonly fields: Int32Array;
  private readonly columns: number;

  constructor(
    private readonly table: PeekTable,
    private readonly sink: PeekSink,
  ) {
    const { report, rules } = table;
    this.columns = report.columns;
    // One slot more shows which records have more fields than there are columns.
    this.fields = Int32Array.from({ length: this.columns + (rules.strict ? 0 : 1) }, (_, column) => column);
  }

  write(chunk: CutChunk): void {
    const { report, dialect } = this.table;
    if ((chunk.flags & CHUNK_FLAG.passed_over) !== 0) {
      report.skipped += chunk.raw
        .toString('latin1')
        .trimEnd()
        .split(/\r\n?|\n/).length;
      return;
    }
    if (isWholeReject(chunk.flags)) {
      report.records += chunk.records;
      this.reject(chunk, 'record_too_long', 0, chunk.raw);
      return;
    }
    const { fields, columns } = this;
    const records = parseRecords(chunk.raw, fields, fields.length, dialect, { width: columns });
    report.skipped += records.skipped;
    const is_other = (chunk.flags & CHUNK_FLAG.other_table) !== 0;
    for (let row = 0; row < records.count; row++) {
      report.records++;
      const code = is_other ? 'other_table' : this.writeRecord(records, row);
      if (code !== null) this.reject(chunk, code, records.record_start[row], rawOf(records, row));
    }
  }

  /** @returns why the record is no row; null when it was written */
  private writeRecord(records: Records, row: number): RejectCode | null {
    const { report, rules } = this.table;
    const fault = records.faults[row];
    if (fault !== RECORD_FAULT.none) {
      if (rules.strict) return fault === RECORD_FAULT.ragged ? 'ragged_row' : 'unclosed_quote';
      return this.writeFaulty(rawOf(records, row), fault);
    }
    if (!rules.strict && records.start[this.columns * SLOT_STRIDE + row] > 0) {
      if (rules.long_rows === 'reject') return 'ragged_row';
      report.cut++;
    }
    for (let column = 0; column < this.columns; column++) {
      const entry = column * SLOT_STRIDE + row;
      this.sink.rows.field(records.bytes, records.start[entry], records.end[entry], records.dirty);
    }
    this.sink.rows.endRow();
    return null;
  }

  /** A record with too few fields, or with a quote that never closes, which is a character then: read anew, as well as may be. */
  private writeFaulty(raw: Buffer, fault: number): RejectCode | null {
    const { report, rules, dialect } = this.table;
    const alone = { ...dialect, comment: null, preamble_lines: 0, header_rows: 0, footer_lines: 0 };
    const [record] = readRows(raw, alone, { width: -1, tables: false });
    const fields = record?.fields ?? [];
    if (fields.length < this.columns && rules.short_rows === 'reject') return 'ragged_row';
    if (fields.length > this.columns && rules.long_rows === 'reject') return 'ragged_row';
    if (fault === RECORD_FAULT.unclosed_quote) report.unclosed++;
    if (fields.length < this.columns) report.padded++;
    if (fields.length > this.columns) report.cut++;
    for (let column = 0; column < this.columns; column++) this.sink.rows.text(fields[column] ?? '');
    this.sink.rows.endRow();
    return null;
  }

  private reject(chunk: CutChunk, code: RejectCode, at: number, raw: Buffer): void {
    const { report } = this.table;
    report.rejected++;
    this.sink.reject({ code, position: chunk.byte_start + at, record: report.records, raw });
  }
}

function rawOf(records: Records, row: number): Buffer {
  return Buffer.from(records.bytes.subarray(records.record_start[row], records.record_end[row]));
}
