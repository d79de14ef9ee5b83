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
  unclosed: boolean;
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
    const too_long = scan.end - at > LIMITS.record_bytes;
    const flaw = too_long ? 'record_too_long' : scan.unclosed ? 'unclosed_quote' : null;
    file.records.push({ record: file.records.length + 1, fields: scan.fields, flaw });
    at = too_long ? nextLineAfter(text, at + LIMITS.record_bytes) : scan.end;
  }
  return file;
}

/** A record over the limit ends at the next LF behind the limit, in quotes or not. */
function nextLineAfter(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline < 0 ? text.length : newline + 1;
}

function scanRecord(text: string, start: number): Scan {
  const fields: string[] = [];
  let field = '';
  let state: 'field begins' | 'in field' | 'in quotes' | 'behind a quote in quotes' = 'field begins';
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (state === 'in quotes') {
      if (char === '"') state = 'behind a quote in quotes';
      else field += char;
      continue;
    }
    const line_end = char === '\n' ? 1 : char === '\r' && text[at + 1] === '\n' ? 2 : 0;
    if (line_end) return { fields: [...fields, field], end: at + line_end, unclosed: false };
    if (char === ',') {
      fields.push(field);
      field = '';
      state = 'field begins';
    } else if (char === '"' && state === 'field begins') {
      state = 'in quotes';
    } else if (char === '"' && state === 'behind a quote in quotes') {
      field += '"';
      state = 'in quotes';
    } else {
      field += char;
      state = 'in field';
    }
  }
  return { fields: [...fields, field], end: text.length, unclosed: state === 'in quotes' };
}
