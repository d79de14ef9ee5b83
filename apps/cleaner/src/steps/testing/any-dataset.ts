import { canonicalAt, decodeBody, keyTextAt, partOfHash } from '@millrace/columnar';
import {
  type Chunk,
  type Dialect,
  decodeBatch,
  openBody,
  PLAIN_DIALECT,
  partOf,
  type SourceContext,
} from '@millrace/contracts';
import { type DatasetPlan, planOf } from '@millrace/dataset';
import { type CleanedChunk, cleanChunk } from '../clean-chunk.js';
import type { Row } from './read-cleaned.js';

type Config = Record<string, unknown>;

/** A plan of these columns, each in the config's words; the first one is the key unless another is given. */
export function datasetOf(columns: Config[], more: Config = {}): DatasetPlan {
  const key = columns[0].name;
  return planOf({ name: 'things', table: 'things', key, parts: 2, columns, ...more });
}

/** A plan with a required `id` and one other column, `value`. */
export const columnOf = (column: Config, more: Config = {}): DatasetPlan =>
  datasetOf(
    [
      { name: 'id', type: 'text', required: true },
      { name: 'value', ...column },
    ],
    more,
  );

export const contextOf = (context: Partial<SourceContext>): SourceContext => ({
  format: 'csv',
  path: 'in/things.csv',
  dialect: null,
  names: null,
  date_formats: {},
  ...context,
});

export const dialectOf = (dialect: Partial<Dialect>): Dialect => ({ ...PLAIN_DIALECT, ...dialect });

/** A chunk of a file whose header names the source columns, unless `more` says otherwise. Text is one character a byte. */
export function fileChunk(plan: DatasetPlan, text: string, records: number, more: Partial<Chunk> = {}): Chunk {
  const header = plan.source_columns.map((index) => plan.columns[index].headers[0]).join(',');
  const raw = Buffer.from(text, 'latin1');
  const place = { byte_start: 0, byte_end: raw.length, first_record: 1, flags: 0 };
  const identity = { source: 3, chunk: 5, plan: plan.fingerprint };
  return { ...identity, ...place, records, header: Buffer.from(`${header}\n`), raw, ...more };
}

/** All rows of all batches by record, as canonical texts; each row's hash and part are checked against its key. */
export function tableOf(plan: DatasetPlan, cleaned: CleanedChunk): Map<number, Row> {
  const table = new Map<number, Row>();
  for (const { message, part, slot, rows } of cleaned.batches) {
    const batch = decodeBatch(message);
    const body = decodeBody(openBody(message, batch), plan);
    if (batch.slot !== slot || body.rows !== rows || partOf(slot, plan.parts) !== part) throw new Error('wrong batch');
    for (let row = 0; row < rows; row++) {
      const [low, high] = batch.hashes.subarray(2 * row, 2 * row + 2);
      if (partOfHash(low, high, plan.parts) !== part) throw new Error('row in a wrong part');
      const values = plan.columns.map((column, index) => canonicalAt(column, body.columns[index], row));
      const record = batch.first_record + body.records[row];
      if (table.has(record)) throw new Error(`record ${record} twice`);
      table.set(record, Object.fromEntries(plan.columns.map(({ name }, index) => [name, values[index]])));
    }
  }
  return table;
}

/** [record, column, code, value, raw] of every reject. */
export const rejectsOf = ({ manifest }: CleanedChunk) =>
  manifest.rejects.map(({ record, column, code, value, raw }) => {
    return [record, column, code, value, Buffer.from(raw, 'base64').toString()] as const;
  });

/** The key texts of all rows, with their lanes. */
export function keysOf(plan: DatasetPlan, cleaned: CleanedChunk): { key: string; low: number; high: number }[] {
  return cleaned.batches.flatMap(({ message }) => {
    const batch = decodeBatch(message);
    const body = decodeBody(openBody(message, batch), plan);
    return Array.from({ length: body.rows }, (_, row) => {
      const [low, high] = batch.hashes.subarray(2 * row, 2 * row + 2);
      return { key: keyTextAt(plan, body, row), low, high };
    });
  });
}

const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;

/** What one value of the column `value` becomes: its canonical text, null, or the code of its reject. */
export function becomes(plan: DatasetPlan, value: string, more: Partial<Chunk> = {}): string | null | { code: string } {
  const cleaned = cleanChunk(plan, fileChunk(plan, `k,${quoted(value)}\n`, 1, more));
  const row = tableOf(plan, cleaned).get(1);
  return row ? row.value : { code: cleaned.manifest.rejects[0].code };
}
