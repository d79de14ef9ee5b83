import { MillraceError } from '@millrace/contracts';
import { CR, isSpace, LF, textBegin } from './bytes.js';

/**
 * The lines of a body as rows: views without LF or CRLF, and without the lines that are blank. Whether a line is JSON is
 * for the cleaner to say. A BOM at the begin is left out.
 * @throws MillraceError REQUEST_TOO_LARGE as soon as there are more rows than `most`
 */
export function splitNdjson(body: Buffer, most = Number.POSITIVE_INFINITY): Buffer[] {
  const rows: Buffer[] = [];
  for (let at = textBegin(body); at < body.length; ) {
    const line_end = body.indexOf(LF, at);
    let end = line_end < 0 ? body.length : line_end;
    const next = end + 1;
    if (line_end > at && body[end - 1] === CR) end--;
    if (!isBlank(body, at, end)) {
      if (rows.length >= most) throw new MillraceError('REQUEST_TOO_LARGE', `the text has over ${most} rows`);
      rows.push(body.subarray(at, end));
    }
    at = next;
  }
  return rows;
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && isSpace(bytes[at])) at++;
  return at === to;
}
