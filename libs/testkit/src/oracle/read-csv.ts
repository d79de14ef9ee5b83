import { LIMITS } from '@millrace/contracts';

/** One data record as the file's bytes say, before any rule. Text has one character a byte (latin1). */
export interface RawRecord {
  /** From 1; header, comment and blank lines are not counted. */
  record: number;
  fields: string[];
  flaw: 'unclosed_quote' | 'record_too_long' | null;
}

export interface RawFile {
  header: string[];
  records: RawRecord[];
  /** Comment and blank lines behind the header. */
  skipped: number;
}

interface Scan {
  fields: string[];
  /** Where the next record begins. */
  end: number;
  /** Where the quote stands that does not close; -1 when all do. */
  unclosed: number;
}

const BOM = '\xef\xbb\xbf';
const SKIPPED_LINE = /#[^\n]*(?:\n|$)|[ \t]*(?:\r?\n|$)/y;

/** Reads a whole file, character by character, as Python's csv module does where it is not strict. */
export function readCsv(bytes: Buffer): RawFile {
  const text = bytes.toString('latin1');
  const file: RawFile = { header: [], records: [], skipped: 0 };
  let at = text.startsWith(BOM) ? BOM.length : 0;
  let header_seen = false;
  while (at < text.length) {
    SKIPPED_LINE.lastIndex = at;
    if (SKIPPED_LINE.test(text)) {
      at = SKIPPED_LINE.lastIndex;
      if (header_seen) file.skipped += 1;
      continue;
    }
    const scan = scanRecord(text, at);
    if (!header_seen) {
      file.header = scan.fields;
      header_seen = true;
      at = scan.end;
      continue;
    }
    const flawed = flawedRecord(text, at, scan);
    file.records.push({ record: file.records.length + 1, fields: scan.fields, flaw: flawed?.flaw ?? null });
    at = flawed?.end ?? scan.end;
  }
  return file;
}

/**
 * A record whose quote does not close within the limit, or the file, ends with the line of that quote; any other one over the
 * limit ends at the next LF behind it, in quotes or not.
 */
function flawedRecord(text: string, at: number, scan: Scan): { flaw: RawRecord['flaw']; end: number } | null {
  const too_long = scan.end - at > LIMITS.record_bytes;
  if (!too_long && scan.unclosed < 0) return null;
  const within = text.slice(0, at + LIMITS.record_bytes);
  const { unclosed } = too_long ? scanRecord(within, at) : scan;
  const line_end = unclosed < 0 ? -1 : within.indexOf('\n', unclosed);
  if (line_end >= 0) return { flaw: 'unclosed_quote', end: line_end + 1 };
  if (!too_long) return { flaw: 'unclosed_quote', end: scan.end };
  return { flaw: 'record_too_long', end: nextLineAfter(text, at + LIMITS.record_bytes) };
}

function nextLineAfter(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline < 0 ? text.length : newline + 1;
}

function scanRecord(text: string, start: number): Scan {
  const fields: string[] = [];
  let field = '';
  let opened = start;
  let state: 'field begins' | 'in field' | 'in quotes' | 'behind a quote in quotes' = 'field begins';
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (state === 'in quotes') {
      if (char === '"') state = 'behind a quote in quotes';
      else field += char;
      continue;
    }
    const line_end = char === '\n' ? 1 : char === '\r' && text[at + 1] === '\n' ? 2 : 0;
    if (line_end) return { fields: [...fields, field], end: at + line_end, unclosed: -1 };
    if (char === ',') {
      fields.push(field);
      field = '';
      state = 'field begins';
    } else if (char === '"' && state === 'field begins') {
      state = 'in quotes';
      opened = at;
    } else if (char === '"' && state === 'behind a quote in quotes') {
      field += '"';
      state = 'in quotes';
    } else {
      field += char;
      state = 'in field';
    }
  }
  return { fields: [...fields, field], end: text.length, unclosed: state === 'in quotes' ? opened : -1 };
}
