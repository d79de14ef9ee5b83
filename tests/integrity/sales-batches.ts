import { join } from 'node:path';
import { type ColumnData, hashKey, partOfHash } from '@millrace/columnar';
import { type DatasetPlan, loadPlans, planNamed } from '@millrace/dataset';
import type { BatchMessage } from '@millrace/postgres';
import { decimalsOf } from './dataset-batches.js';

export const sales = planNamed(loadPlans(join(import.meta.dirname, '../../datasets')), 'sales');

/** One clean sales row as a test writes it down; what is left out takes the value in `usual`. */
export interface SalesRow {
  order_id: string;
  record: number;
  product_name?: string;
  category?: string;
  quantity?: number;
  /** Decimal literals. */
  unit_price?: string;
  discount_percent?: string;
  region?: string;
  sale_date?: string;
  customer_email?: string | null;
  revenue?: string;
}

const usual = {
  product_name: 'Mill',
  category: 'tools',
  quantity: 2,
  unit_price: '10.2500',
  discount_percent: '0',
  region: 'north',
  sale_date: '2024-05-17',
  customer_email: 'a@b.example',
  revenue: '20.50',
};

export interface BatchSpec {
  source: number;
  chunk: number;
  rows: SalesRow[];
  /** Default: the part of the first row's key; `sub` counts sub-parts. */
  part?: number;
  sub?: number;
  offset: number | bigint;
  /** order_ids whose bit is set, or all or none of them. */
  suspects?: 'all' | 'none' | ((row: SalesRow) => boolean);
  topic?: string;
  plan?: DatasetPlan;
}

export function partOfKey(key: string, parts = sales.parts): number {
  const bytes = Buffer.from(key);
  const lanes = new Uint32Array(2);
  hashKey(bytes, 0, bytes.length, lanes, 0);
  return partOfHash(lanes[0], lanes[1], parts);
}

/** A decoded batch as the aggregator hands it to `apply`. */
export function batchOf(spec: BatchSpec): BatchMessage {
  const plan = spec.plan ?? sales;
  const part = spec.part ?? partOfKey(spec.rows[0].order_id, plan.parts);
  const first_record = spec.rows[0].record;
  const suspects = new Uint8Array((spec.rows.length + 7) >> 3);
  spec.rows.forEach((row, index) => {
    const bit = typeof spec.suspects === 'function' ? spec.suspects(row) : spec.suspects !== 'none';
    if (bit) suspects[index >> 3] |= 1 << (index & 7);
  });
  return {
    kind: 'batch',
    topic: spec.topic ?? 'screened.sales',
    partition: part,
    offset: BigInt(spec.offset),
    dataset: plan.name,
    plan,
    batch: {
      source: spec.source,
      chunk: spec.chunk,
      slot: (spec.sub ?? 0) * plan.parts + part,
      parts: plan.parts,
      rows: spec.rows.length,
      first_record,
    },
    data: {
      rows: spec.rows.length,
      records: Uint32Array.from(spec.rows, ({ record }) => record - first_record),
      columns: plan.columns.map((column) => columnOf(plan, column.index, spec.rows)),
    },
    suspects,
  };
}

function columnOf(plan: DatasetPlan, index: number, rows: SalesRow[]): ColumnData {
  const { name, encoding, scale } = plan.columns[index];
  const values = rows.map((row) => {
    const full = { ...usual, ...row };
    if (name === 'sale_month') return full.sale_date.slice(0, 7);
    return full[name as keyof typeof full] as string | number | null;
  });
  const nulls = values.includes(null) ? new Uint8Array((rows.length + 7) >> 3) : null;
  values.forEach((value, row) => {
    if (value === null && nulls) nulls[row >> 3] |= 1 << (row & 7);
  });
  switch (encoding) {
    case 'text':
      return { encoding, nulls, ...textsOf(values.map((value) => String(value ?? ''))) };
    case 'dictionary': {
      const entries = [...new Set(values.map(String))];
      return {
        encoding,
        codes: Uint16Array.from(values, (value) => entries.indexOf(String(value))),
        ...textsOf(entries),
      };
    }
    case 'integer':
      return { encoding, nulls, values: Int32Array.from(values, Number) };
    case 'date':
      return { encoding, nulls, days: Int32Array.from(values, (value) => Date.parse(String(value)) / 86_400_000) };
    case 'decimal':
      return decimalsOf(values.map(String), scale);
  }
}

function textsOf(texts: string[]): { bytes: Uint8Array; offsets: Uint32Array } {
  const offsets = new Uint32Array(texts.length + 1);
  texts.forEach((text, index) => {
    offsets[index + 1] = offsets[index] + Buffer.byteLength(text);
  });
  return { bytes: Buffer.from(texts.join('')), offsets };
}
