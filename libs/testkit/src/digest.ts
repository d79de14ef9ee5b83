import { hash } from 'node:crypto';
import { ExactSum } from './exact-sum.js';

/** Records whose lines are hashed together: a call of MD5 costs more than the hundred bytes that it hashes. */
const BLOCK_RECORDS = 256;
const SEPARATOR = '\x1f';

/**
 * Digest of the lines of one file: the sum, over blocks of records, of the first 48 bits of the MD5 of the block's lines
 * in record order. `digestSql` is the same in SQL. MD5 because every PostgreSQL has it: this guards against faults,
 * not against forgery.
 */
export class LineDigest {
  private readonly sum = new ExactSum();
  private block = 0;
  private lines = '';

  /** @param record must not fall from one call to the next */
  add(record: number, line: string): void {
    const block = Math.floor(record / BLOCK_RECORDS);
    if (block !== this.block) this.closeBlock();
    this.block = block;
    this.lines += `${line}\n`;
  }

  finish(): string {
    this.closeBlock();
    return this.sum.total().toString();
  }

  private closeBlock(): void {
    if (this.lines) this.sum.add(Number.parseInt(hash('md5', this.lines).slice(0, 12), 16));
    this.lines = '';
  }
}

/**
 * SQL that gives (source, count, digest) by source as LineDigest does.
 * @param from a relation or subquery @param source, record, line expressions over it
 */
export function digestSql(from: string, source: string, record: string, line: string): string {
  return `select source, sum(lines)::int as count, sum(('x' || substr(digest, 1, 12))::bit(48)::bigint)::text as digest
    from (select ${source} as source, count(*) as lines, md5(string_agg(${line} || chr(10), '' order by ${record})) as digest
            from ${from} group by ${source}, ${record} / ${BLOCK_RECORDS}) as block
   group by source`;
}

/** How NULL stands in a line. */
export const NULL_TEXT = '\\N';

/** @param fields in the order of SALES_COLUMNS: price with 4 decimals, revenue with 2, discount without needless zeros */
export function rowLine(fields: readonly string[], record: number): string {
  return fields.join(SEPARATOR) + SEPARATOR + record;
}

/** `rowLine` of a row of public.sales. @param record an expression over it */
export function rowLineSql(record: string): string {
  return `concat_ws(chr(31), order_id, product_name, category, quantity::text, unit_price::numeric(18,4)::text,
    trim_scale(discount_percent)::text, region, to_char(sale_date, 'YYYY-MM-DD'), sale_month, coalesce(customer_email, '\\N'),
    revenue::numeric(25,2)::text, (${record})::text)`;
}

export function duplicateLine(record: number, key: string, winner_file: string, winner_record: number): string {
  return [record, key, winner_file, winner_record].join(SEPARATOR);
}

export function rejectLine(record: number, column: string | null, code: string): string {
  return [record, column ?? NULL_TEXT, code].join(SEPARATOR);
}
