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

/**
 * Splits one-byte-a-character text into items; an item over `limit` characters ends at the next LF behind the limit, one whose
 * quote does not close within it at the first LF behind the quote, unless it `swallows` the rest.
 */
export function readNaively(text: string, limit = Number.POSITIVE_INFINITY, swallows = false): NaiveItem[] {
  const items: NaiveItem[] = [];
  for (let start = 0; start < text.length; ) {
    const lf = text.indexOf('\n', start);
    const line = text.slice(start, lf < 0 ? text.length : lf + 1);
    let item: NaiveItem;
    if (isSkipped(line)) {
      item = { kind: 'skipped', start, end: start + line.length, fields: [], unclosed: false };
    } else {
      item = swallows ? readRecord(text, start) : readWithin(text, start, limit);
    }
    items.push(item);
    start = item.end;
  }
  return items;
}

function readWithin(text: string, start: number, limit: number): NaiveItem {
  const within = text.slice(0, start + limit);
  const { opened, ...item } = readRecord(within, start);
  if (within[item.end - 1] === '\n' && !item.unclosed) return item;
  const line_end = item.unclosed ? within.indexOf('\n', opened) : -1;
  if (line_end >= 0) return { ...item, end: line_end + 1 };
  if (within.length === text.length) return item;
  const end = text.indexOf('\n', start + limit);
  const long: NaiveItem = {
    kind: 'too_long',
    start,
    end: end < 0 ? text.length : end + 1,
    fields: [],
    unclosed: false,
  };
  return isSkipped(text.slice(start, long.end)) ? { ...long, kind: 'skipped' } : long;
}

function readRecord(text: string, start: number): NaiveItem & { opened: number } {
  const fields: string[] = [];
  let value = '';
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let at = start;
  let opened = -1;
  for (; at < text.length; at++) {
    const char = text[at];
    if (state === 'quoted') {
      if (char === '"') state = 'closed';
      else value += char;
    } else if (char === '"' && state === 'start') {
      state = 'quoted';
      opened = at;
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
      return { kind: 'record', start, end: at, fields, unclosed: false, opened };
    } else {
      value += char;
      state = 'plain';
    }
  }
  fields.push(trimNaively(value));
  return { kind: 'record', start, end: at, fields, unclosed: state === 'quoted', opened };
}
