import type { Dialect } from '@millrace/contracts';
import { readRows } from '../rows.js';

const ROWS = 400;

/**
 * How many fields most of the first records have; 0 when there are none. Of two that are as frequent it is the larger one.
 * @param head the text's first bytes, as UTF-8 @param options.complete whether that is the whole text
 */
export function usualWidth(head: Buffer, dialect: Dialect, options: { complete?: boolean } = {}): number {
  const footer_lines = options.complete ? dialect.footer_lines : 0;
  const counts = new Map<number, number>();
  let rows = 0;
  for (const { fields, end, other } of readRows(head, { ...dialect, footer_lines }, { width: -1 })) {
    // The last record may go on behind the head.
    if (rows === ROWS || other || (!options.complete && end === head.length && rows > 0)) break;
    rows++;
    counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1);
  }
  let width = 0;
  for (const [fields, count] of counts) {
    const most = counts.get(width) ?? 0;
    if (count > most || (count === most && fields > width)) width = fields;
  }
  return width;
}
