import { type Counts, type FileAnswer, noCounts, sortedByKey } from '../answer-key.js';
import { duplicateLine, LineDigest, NULL_TEXT, rejectLine, rowLine } from '../digest.js';
import { decimalText } from '../exact-sum.js';
import type { Order } from './order.js';
import type { IntendedReject } from './reject.js';
import { revenueOf } from './tally.js';
import { CATEGORIES, DAYS, PRODUCTS, REGIONS } from './vocabulary.js';

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
    const day = DAYS[order.day];
    this.counts.written += 1;
    const fields = [
      order.key,
      PRODUCTS[order.product].name,
      CATEGORIES[order.category],
      String(order.quantity),
      literal(order.price, 4),
      order.discount,
      REGIONS[order.region],
      day,
      day.slice(0, 7),
      order.email ?? NULL_TEXT,
      literal(revenue, 2),
    ];
    this.rows.add(order.record, rowLine(fields, order.record));
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

const HUNDREDTHS = fractions(2);
const TEN_THOUSANDTHS = fractions(4);

function fractions(scale: number): string[] {
  return Array.from({ length: 10 ** scale }, (_, fraction) => `.${String(fraction).padStart(scale, '0')}`);
}

/** decimalText for numbers, without padding and BigInt: it is called twice a row. */
function literal(scaled: number | bigint, scale: 2 | 4): string {
  if (typeof scaled === 'bigint') return decimalText(scaled, scale);
  const table = scale === 2 ? HUNDREDTHS : TEN_THOUSANDTHS;
  const fraction = scaled % table.length;
  return (scaled - fraction) / table.length + table[fraction];
}
