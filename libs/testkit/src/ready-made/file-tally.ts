import type { RejectCode } from '@millrace/contracts';
import { type FileAnswer, noCounts, sortedByKey } from '../answer-key.js';
import { duplicateLine, LineDigest, rejectLine, rowLine } from '../digest.js';
import { canonicalText } from './canonical.js';
import type { EarlierRow } from './earlier-rows.js';
import type { ColumnShape, Row } from './table-shape.js';

/** Counts and digests of one file, record by record. */
export class FileTally {
  private readonly counts = noCounts();
  private readonly rows = new LineDigest();
  private readonly duplicates = new LineDigest();
  private readonly rejects = new LineDigest();

  constructor(
    readonly file: string,
    private readonly columns: readonly ColumnShape[],
  ) {}

  get records(): number {
    return this.counts.rows_in;
  }

  skip(): void {
    this.counts.skipped += 1;
  }

  /** @returns the record's number */
  write(row: Row): number {
    const record = this.next();
    this.counts.written += 1;
    const fields = this.columns.map(({ name, kind }) => canonicalText(kind, row[name]));
    this.rows.add(record, rowLine(fields, record));
    return record;
  }

  duplicate(winner: EarlierRow): void {
    const record = this.next();
    this.counts.duplicates += 1;
    this.duplicates.add(record, duplicateLine(record, winner.key, winner.file, winner.record));
  }

  reject(column: string | null, code: RejectCode): void {
    const record = this.next();
    this.counts.rejected += 1;
    this.counts.rejected_by_code[code] = (this.counts.rejected_by_code[code] ?? 0) + 1;
    this.rejects.add(record, rejectLine(record, column, code));
  }

  answer(size_bytes: number): FileAnswer {
    return {
      file: this.file,
      size_bytes,
      ...this.counts,
      rejected_by_code: sortedByKey(this.counts.rejected_by_code),
      rows_digest: this.rows.finish(),
      duplicates_digest: this.duplicates.finish(),
      rejects_digest: this.rejects.finish(),
    };
  }

  private next(): number {
    this.counts.rows_in += 1;
    return this.counts.rows_in;
  }
}
