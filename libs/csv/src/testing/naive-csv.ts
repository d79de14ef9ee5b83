/** An independent reading of the same rules, for the specs: characters and strings, slow and plain. */
export interface NaiveItem {
  kind: 'record' | 'skipped' | 'too_long';
  start: number;
  /** First character behind, line end included. */
  end: number;
  fields: string[];
  unclosed: boolean;
}

const isSkipped = (line: string) => line[0] === '#' || /^[ \t]*(\r?\n)?$/.test(line);
const BLANK = ' \t\r\n';

export function trimNaively(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && BLANK.includes(text[from])) from++;
  while (to > from && BLANK.includes(text[to - 1])) to--;
  return text.slice(from, to);
}

/** Splits one-byte-a-character text into items; an item over `limit` characters ends at the next LF behind the limit. */
export function readNaively(text: string, limit = Number.POSITIVE_INFINITY): NaiveItem[] {
  const items: NaiveItem[] = [];
  for (let start = 0; start < text.length; ) {
    const lf = text.indexOf('\n', start);
    const line = text.slice(start, lf < 0 ? text.length : lf + 1);
    let item: NaiveItem;
    if (isSkipped(line)) {
      item = { kind: 'skipped', start, end: start + line.length, fields: [], unclosed: false };
    } else {
      item = readRecord(text, start);
      if (item.end - start > limit) {
        const end = text.indexOf('\n', start + limit);
        item = { kind: 'too_long', start, end: end < 0 ? text.length : end + 1, fields: [], unclosed: false };
        if (isSkipped(text.slice(start, item.end))) item.kind = 'skipped';
      }
    }
    items.push(item);
    start = item.end;
  }
  return items;
}

function readRecord(text: string, start: number): NaiveItem {
  const fields: string[] = [];
  let value = '';
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let at = start;
  for (; at < text.length; at++) {
    const char = text[at];
    if (state === 'quoted') {
      if (char === '"') state = 'closed';
      else value += char;
    } else if (char === '"' && state === 'start') {
      state = 'quoted';
    } else if (char === '"' && state === 'closed') {
      value += '"';
      state = 'quoted';
    } else if (char === ',') {
      fields.push(trimNaively(value));
      value = '';
      state = 'start';
    } else if (char === '\n') {
      at++;
      fields.push(trimNaively(value));
      return { kind: 'record', start, end: at, fields, unclosed: false };
    } else {
      value += char;
      state = 'plain';
    }
  }
  fields.push(trimNaively(value));
  return { kind: 'record', start, end: at, fields, unclosed: state === 'quoted' };
}
