import { join } from 'node:path';
import { decimalAt, decodeBody, isNull, partOfHash, textAt } from '@millrace/columnar';
import {
  CHUNK_FLAG,
  type Chunk,
  decodeBatch,
  ENTRY_BYTES,
  type EntryKind,
  openBody,
  partOf,
  type Reject,
  writeEntry,
} from '@millrace/contracts';
import { loadPlan } from '@millrace/dataset';
import { type CleanedChunk, cleanChunk } from '../clean-chunk.js';

export const sales = loadPlan(join(import.meta.dirname, '../../../../../datasets/sales.yaml'));
export const SALES_HEADER =
  'order_id,product_name,category,quantity,unit_price,discount_percent,region,sale_date,customer_email\n';

/** A row of the table as text, by column; decimals without zeros at their end. */
export type Row = Record<string, string | null>;

export function chunkOf(raw: Buffer, records: number, header = SALES_HEADER): Chunk {
  const place = { byte_start: header.length, byte_end: header.length + raw.length, first_record: 101 };
  const identity = { source: 3, chunk: 5, plan: sales.fingerprint, flags: 0 };
  return { ...identity, ...place, records, header: Buffer.from(header), raw };
}

/** An entry of a live chunk: its distance, kind and bytes. */
export type LiveEntry = [distance: number, kind: EntryKind, bytes: Buffer];

/** @param records as many as the chunk claims to hold */
export function liveChunkOf(entries: readonly LiveEntry[], records: number, first_record = 101): Chunk {
  const raw = Buffer.alloc(entries.reduce((sum, [, , bytes]) => sum + ENTRY_BYTES + bytes.length, 0));
  let at = 0;
  for (const [distance, kind, bytes] of entries) at = writeEntry(raw, at, distance, kind, bytes);
  return { ...chunkOf(raw, records, ''), flags: CHUNK_FLAG.entries, first_record };
}

/** All rows of all batches by record, each batch checked against what it says of itself. */
export function rowsOf(cleaned: CleanedChunk): Map<number, Row> {
  const rows = new Map<number, Row>();
  for (const { message, part, slot, rows: count } of cleaned.batches) {
    const batch = decodeBatch(message);
    const { columns, records } = decodeBody(openBody(message, batch), sales);
    if (batch.slot !== slot || batch.rows !== count || partOf(slot, sales.parts) !== part)
      throw new Error('wrong batch');
    for (let row = 0; row < count; row++) {
      const [low, high] = batch.hashes.subarray(2 * row, 2 * row + 2);
      if (partOfHash(low, high, sales.parts) !== part) throw new Error('row in a wrong part');
      const values = columns.map((column, index) => {
        if (column.encoding === 'decimal') return shortest(decimalAt(column, sales.columns[index].scale, row));
        if (column.encoding === 'text' || column.encoding === 'dictionary') return textAt(column, row);
        if (isNull(column.nulls, row)) return null;
        if (column.encoding === 'integer') return String(column.values[row]);
        return new Date(column.days[row] * 86_400_000).toISOString().slice(0, 10);
      });
      const record = batch.first_record + records[row];
      if (rows.has(record)) throw new Error(`record ${record} twice`);
      rows.set(record, Object.fromEntries(sales.columns.map(({ name }, index) => [name, values[index]])));
    }
  }
  return rows;
}

function shortest(literal: string | null): string | null {
  return literal?.includes('.') ? literal.replace(/\.?0+$/, '') : literal;
}

export const COLUMNS = SALES_HEADER.trim().split(',');

/** The bytes of a record: latin1, every field quoted as it must be. */
export function recordOf(fields: readonly string[]): string {
  return `${fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}\n`;
}

const GOOD: Row = { order_id: 'A1', quantity: '2', unit_price: '10.50' };

/** Cleans one record of the sales dataset with some fields changed. */
export function cleanOne(fields: Row): { row: Row } | { reject: Reject } {
  const record = recordOf(COLUMNS.map((column) => ({ ...GOOD, ...fields })[column] ?? ''));
  const cleaned = cleanChunk(sales, chunkOf(Buffer.from(record, 'latin1'), 1));
  const row = rowsOf(cleaned).get(101);
  return row ? { row } : { reject: cleaned.manifest.rejects[0] };
}
