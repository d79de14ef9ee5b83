import type { Dialect } from '@millrace/contracts';

export interface FoundRecordEnd {
  record_end: Dialect['record_end'];
  /** The text with LF for whatever ends its records. */
  text: string;
  finding: string;
}

/**
 * What ends the records: LF, whether or not CR stands before it, unless there are only CRs; any of them, where CRs alone end lines as
 * often as LF does. A CR within a text that LF divides is no end: it is a byte of a value.
 */
export function findRecordEnd(text: string): FoundRecordEnd {
  const folded = text.replaceAll('\r\n', '\n');
  const pairs = text.length - folded.length;
  const feeds = count(folded, '\n') - pairs;
  // The last character may be the first half of a CRLF.
  const returns = count(folded.endsWith('\r') ? folded.slice(0, -1) : folded, '\r');
  if (returns > 0 && feeds + pairs === 0) {
    return { record_end: 'cr', text: folded.replaceAll('\r', '\n'), finding: 'Records end with CR.' };
  }
  if (returns >= Math.max(1, (feeds + pairs) / 4)) {
    const finding = `Records end in more than one way: ${pairs} CRLF, ${feeds} LF, ${returns} CR.`;
    return { record_end: 'any', text: folded.replaceAll('\r', '\n'), finding };
  }
  const finding =
    pairs === 0 ? 'Records end with LF.' : feeds === 0 ? 'Records end with CRLF.' : 'Records end with LF or CRLF.';
  return { record_end: 'lf', text: folded, finding };
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) found++;
  return found;
}
