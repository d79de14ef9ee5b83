import { type BatchFormat, MillraceError } from '@millrace/contracts';
import { parseHeader, splitRecords } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';
import { splitJson, splitNdjson } from '@millrace/formats';
import { namesAnyColumn } from '../steps/inspect/known-names.js';
import { longField } from './long-field.js';
import { HttpProblem } from './problem.js';
import type { RowFormat } from './request-head.js';

export interface RequestRows {
  format: BatchFormat;
  /** The header record with its line end; empty for JSON. */
  header: Buffer;
  rows: Buffer[];
}

export interface RowLimits {
  rows: number;
  row_bytes: number;
  field_bytes: number;
}

const NO_HEADER = Buffer.alloc(0);

/**
 * The rows of a body as views of it, none of them parsed: what a row is worth is the cleaner's to say.
 * @throws HttpProblem REQUEST_INVALID, REQUEST_TOO_LARGE, MillraceError REQUEST_INVALID
 */
export function splitRows(body: Buffer, format: RowFormat, plan: DatasetPlan, limits: RowLimits): RequestRows {
  const split = splitBounded(body, format, limits.rows);
  if (split.rows.length === 0) throw new HttpProblem('REQUEST_INVALID', 'The body has no rows.');
  if (format === 'csv') requireHeader(split.header, plan);
  requireSizes(split, limits);
  return split;
}

function splitBounded(body: Buffer, format: RowFormat, most: number): RequestRows {
  try {
    if (format === 'csv') return { format: 'csv', ...splitRecords(body, most) };
    const rows = format === 'json' ? splitJson(body, most) : splitNdjson(body, most);
    return { format: 'json', header: NO_HEADER, rows };
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'REQUEST_TOO_LARGE')) throw error;
    throw new HttpProblem('REQUEST_TOO_LARGE', `The body has over ${most} rows: send it in parts.`, {
      place: { row: most },
    });
  }
}

/** Without one column known, every row would be rejected: most likely it is no header at all. */
function requireHeader(header: Buffer, plan: DatasetPlan): void {
  if (namesAnyColumn(plan, parseHeader(header))) return;
  const wanted = plan.source_columns.map((index) => plan.columns[index].name);
  throw new HttpProblem(
    'REQUEST_INVALID',
    `The first record must name columns of ${plan.name} (${wanted.join(', ')}): it names none of them.`,
  );
}

function requireSizes({ format, header, rows }: RequestRows, { row_bytes, field_bytes }: RowLimits): void {
  for (let row = 0; row < rows.length; row++) {
    const { length } = rows[row];
    if (length > row_bytes) {
      throw new HttpProblem('REQUEST_TOO_LARGE', `Row ${row} has ${length} bytes, over ${row_bytes}.`, {
        place: { row },
      });
    }
    if (length <= field_bytes) continue;
    const long = longField(format, rows[row], field_bytes);
    if (!long) continue;
    const column = format === 'csv' ? parseHeader(header)[long.index] : long.name;
    throw new HttpProblem(
      'REQUEST_TOO_LARGE',
      `A field of row ${row} has ${long.size_bytes} bytes, over ${field_bytes}.`,
      { place: { row, column } },
    );
  }
}
