import { type Dialect, PLAIN_DIALECT } from '@millrace/contracts';
import { headerOf, RECORD_FAULT, readRows } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';
import type { FieldSample as Sample } from '@millrace/profile';
import type { Head } from './read-head.js';

export type { Sample };

/** Rows that are looked at; enough to tell what most are like. */
export const SAMPLE_ROWS = 500;

const LF = 0x0a;
const CR = 0x0d;

/**
 * The fields and first rows of CSV text.
 * @param sealed false: there may be more of it than the head holds
 * @returns null where no header ends within the head; no names where the text is empty
 */
export function sampleCsv(plan: DatasetPlan, text: Head, dialect: Dialect, sealed: boolean): Sample | null {
  const { bytes } = text;
  const isWhole = text.complete && sealed;
  const { header_end, names } = headerOf(bytes, dialect);
  if (!isWhole && names && !(names.length > 0 && endsRecord(bytes, header_end))) return null;
  const rows: string[][] = [];
  for (const row of readRows(bytes, dialect)) {
    if (rows.length === SAMPLE_ROWS || (!isWhole && row.end >= bytes.length)) break;
    if (row.fault === RECORD_FAULT.none && !row.other) rows.push(row.fields);
  }
  return { names: names ?? plan.source_columns.map((index) => plan.columns[index].headers[0]), rows };
}

function endsRecord(bytes: Buffer, end: number): boolean {
  return bytes[end - 1] === LF || bytes[end - 1] === CR;
}

/** The same of Parquet, which comes as plain CSV. */
export function sampleParquet(plan: DatasetPlan, text: Head): Sample | null {
  return sampleCsv(plan, text, PLAIN_DIALECT, true);
}
