import type { RejectCode } from '@millrace/contracts';

/** What must be true of a directory of sales files once every record of it is resolved. All counts are of data records. */
export interface AnswerKey {
  dataset: 'sales';
  totals: Counts;
  /** In source order: naturally sorted by file name. */
  files: FileAnswer[];
  gold: SalesGold;
}

export interface Counts {
  rows_in: number;
  written: number;
  duplicates: number;
  rejected: number;
  /** Comment and blank lines behind the header. */
  skipped: number;
  rejected_by_code: Partial<Record<RejectCode, number>>;
}

export interface FileAnswer extends Counts {
  /** Relative to the directory, with `/`. */
  file: string;
  size_bytes: number;
  /** Order-independent digests (see digest.ts): of the rows written from this file, its duplicates and its rejects. */
  rows_digest: string;
  duplicates_digest: string;
  rejects_digest: string;
}

/** Dimensions and measures as text, measures as decimal literals; rows sorted by their dimensions' UTF-8 bytes. */
export type GoldRow = Record<string, string>;

export const GOLD_DIMENSIONS = {
  sales_by_month_region_category: ['sale_month', 'region', 'category'],
  sales_by_product: ['product_name'],
  sales_daily: ['sale_date', 'region'],
} as const;

export type GoldTable = keyof typeof GOLD_DIMENSIONS;
export type SalesGold = Record<GoldTable, GoldRow[]>;

export const GOLD_TABLES = Object.keys(GOLD_DIMENSIONS) as GoldTable[];

/** Columns of public.sales in table order, without `_source` and `_record`. */
export const SALES_COLUMNS = [
  'order_id',
  'product_name',
  'category',
  'quantity',
  'unit_price',
  'discount_percent',
  'region',
  'sale_date',
  'sale_month',
  'customer_email',
  'revenue',
] as const;

/** Columns that a sales file holds, in the usual order of its header. */
export const SOURCE_COLUMNS = SALES_COLUMNS.filter((name) => name !== 'sale_month' && name !== 'revenue');

export function noCounts(): Counts {
  return { rows_in: 0, written: 0, duplicates: 0, rejected: 0, skipped: 0, rejected_by_code: {} };
}

/** Adds up files; reason codes come out sorted, so that equal counts are equal JSON. */
export function totalOf(files: readonly Counts[]): Counts {
  const total = noCounts();
  for (const file of files) {
    total.rows_in += file.rows_in;
    total.written += file.written;
    total.duplicates += file.duplicates;
    total.rejected += file.rejected;
    total.skipped += file.skipped;
    for (const [code, count] of Object.entries(file.rejected_by_code)) {
      total.rejected_by_code[code as RejectCode] = (total.rejected_by_code[code as RejectCode] ?? 0) + count;
    }
  }
  total.rejected_by_code = sortedByKey(total.rejected_by_code);
  return total;
}

export function sortedByKey<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}

/** Sorts as PostgreSQL's COLLATE "C" does. */
export function sortGold(table: GoldTable, rows: GoldRow[]): GoldRow[] {
  const keyed = rows.map((row) => ({
    row,
    key: Buffer.from(GOLD_DIMENSIONS[table].map((name) => row[name]).join('\0')),
  }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ row }) => row);
}
