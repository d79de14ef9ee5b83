import { PLAIN_DIALECT } from '@millrace/contracts';
import type { SampleRow } from './sample-rows.js';

const OTHERS = ['//', '--', '%', '!', ';', '*'];

/**
 * The prefix of comment lines. `#` unless lines that begin with it have as many fields as the others, and so are records, or the header;
 * another one when there is more than one such line, none of them looks like a record, and not all of them stand at the top, as a preamble does.
 */
export function findComment(rows: SampleRow[], width: number): { prefix: string | null; findings: string[] } {
  const usual = PLAIN_DIALECT.comment as string;
  const marked = rows.filter((row) => row.cells[0].startsWith(usual));
  const records = marked.filter((row) => row.cells.length === width);
  if (width > 1 && records.length > 1 && records.length * 2 > marked.length) {
    const finding = `Lines that begin with ${usual} are no comments: they have ${width} fields, as the others have.`;
    return { prefix: null, findings: [finding] };
  }
  if (isMarkedHeader(rows, marked, width)) {
    return { prefix: null, findings: [`The last line that begins with ${usual} names the columns.`] };
  }
  if (marked.length > 0) return { prefix: usual, findings: [`Comments begin with ${usual}: ${marked.length} found.`] };
  for (const prefix of OTHERS) {
    const found = rows.map((row, index) => ({ row, index })).filter(({ row }) => row.cells[0].startsWith(prefix));
    const scattered = found.some(({ index }, order) => index !== order);
    if (found.length < 2 || !scattered || found.some(({ row }) => row.cells.length === width)) continue;
    return { prefix, findings: [`Comments begin with ${prefix}: ${found.length} found.`] };
  }
  return { prefix: usual, findings: [] };
}

/** Instruments write `# time, force, length` above the values: as wide as the records, the last of such lines, and no values in it. */
function isMarkedHeader(rows: SampleRow[], marked: SampleRow[], width: number): boolean {
  const last = marked.at(-1);
  const first_record = rows[marked.length];
  if (last === undefined || first_record === undefined || rows[marked.length - 1] !== last) return false;
  // Of two fields, a remark with a comma has as many.
  const is_wide =
    (width > 2 || (width === 2 && !/^#\s/.test(last.cells[0]))) && last.cells.length === width && last.filled === width;
  return is_wide && last.values === 0 && first_record.cells.length === width && first_record.values > width / 2;
}
