import { type Counts, type FileAnswer, noCounts, sortedByKey } from '../answer-key.js';
import { duplicateLine, LineDigest, rejectLine, rowLine } from '../digest.js';
import type { Order } from './order.js';
import { fieldsOf } from './order-fields.js';
import type { IntendedReject } from './reject.js';
import { revenueOf } from './tally.js';

/** Counts and digests of one file, as its records are written. */
export class FileAnswerBuilder {
  private readonly counts: Counts = noCounts();
  private readonly rows = new LineDigest();
  private readonly duplicates = new LineDigest();
  private readonly rejects = new LineDigest();

  constructor(private readonly file: string) {}

  skip(): void {
    this.counts.skipped += 1;
  }

  /** @returns the order's revenue in cents */
  write(order: Order): number | bigint {
    const revenue = revenueOf(order.quantity, order.price, order.discount);
    this.counts.written += 1;
    this.rows.add(order.record, rowLine(fieldsOf(order, revenue), order.record));
    return revenue;
  }

  duplicate(record: number, key: string, winner_file: string, winner_record: number): void {
    this.counts.duplicates += 1;
    this.duplicates.add(record, duplicateLine(record, key, winner_file, winner_record));
  }

  reject(record: number, { column, code }: IntendedReject): void {
    this.counts.rejected += 1;
    this.counts.rejected_by_code[code] = (this.counts.rejected_by_code[code] ?? 0) + 1;
    this.rejects.add(record, rejectLine(record, column, code));
  }

  build(size_bytes: number): FileAnswer {
    const { counts } = this;
    return {
      file: this.file,
      size_bytes,
      ...counts,
      rows_in: counts.written + counts.duplicates + counts.rejected,
      rejected_by_code: sortedByKey(counts.rejected_by_code),
      rows_digest: this.rows.finish(),
      duplicates_digest: this.duplicates.finish(),
      rejects_digest: this.rejects.finish(),
    };
  }
}
