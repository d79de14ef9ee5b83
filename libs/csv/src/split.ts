import { LIMITS, MillraceError } from '@millrace/contracts';
import { BOM, blankLineEnd, CR, HASH, isBlank, LF, recordEnd } from './bytes.js';
import { fieldsOf } from './parse.js';

/**
 * Splits a CSV text that is there as a whole, such as the body of a request, by the rules of a file: comment and blank
 * lines and a BOM are left out.
 * @returns views of `body`: the header record with its line end, the rows without
 * @throws MillraceError REQUEST_INVALID when there is no header, when it is over LIMITS.header_bytes, or when a quote never closes,
 *   REQUEST_TOO_LARGE as soon as there are more rows than `most`
 */
export function splitRecords(body: Buffer, most = Number.POSITIVE_INFINITY): { header: Buffer; rows: Buffer[] } {
  const size = body.length;
  const rows: Buffer[] = [];
  let header: Buffer | null = null;
  let at = body.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  while (at < size) {
    const begin = at;
    at = skippedLineEnd(body, begin);
    if (at > begin) continue;
    at = wholeRecordEnd(body, begin);
    if (rows.length >= most) throw new MillraceError('REQUEST_TOO_LARGE', `the CSV text has over ${most} rows`);
    if (header) rows.push(body.subarray(begin, withoutLineEnd(body, begin, at)));
    else header = body.subarray(begin, at);
  }
  if (!header) refuse('it has no header record');
  if (header.length > LIMITS.header_bytes) refuse(`its header record is over ${LIMITS.header_bytes} bytes`);
  return { header, rows };
}

/** First byte behind the comment or blank line at `at`; `at` itself when a record begins there. */
function skippedLineEnd(body: Buffer, at: number): number {
  if (body[at] === HASH) return body.indexOf(LF, at) + 1 || body.length;
  if (!isBlank(body[at])) return at;
  const line_end = blankLineEnd(body, at, body.length);
  return line_end < 0 ? at : Math.min(line_end + 1, body.length);
}

/** The last record may end without a newline. */
function wholeRecordEnd(body: Buffer, begin: number): number {
  const end = recordEnd(body, begin, body.length);
  if (end >= 0) return end;
  if (fieldsOf(body.subarray(begin)) === null) refuse(`a quote in the record at byte ${begin} never closes`);
  return body.length;
}

function withoutLineEnd(body: Buffer, begin: number, end: number): number {
  if (body[end - 1] !== LF) return end;
  return end - 2 >= begin && body[end - 2] === CR ? end - 2 : end - 1;
}

function refuse(reason: string): never {
  throw new MillraceError('REQUEST_INVALID', `the CSV text cannot be read: ${reason}`);
}
