/** How a candidate dialect splits. Records of the sample end with LF. */
export interface Splitting {
  delimiter: string;
  quote: string | null;
  escape: string | null;
}

/** A sample split by a candidate: positions in its text only, cells of all rows one behind the other. */
export interface SplitSample {
  text: string;
  /** Of each row its first cell, and behind the last row the number of cells. */
  first_cell: number[];
  rows: number;
  cell_from: number[];
  cell_to: number[];
  /** 1 where a quote opened and closed as it should. */
  cell_quoted: number[];
  /** Fields whose quotes are as they should be; whose opening quote never closes well; quotes in fields without any. */
  proper: number;
  broken: number;
  stray: number;
}

const LF = 10;
const BACKSLASH = '\\';

/** A quoted field that closes badly is not followed further than this. */
const LONGEST_QUOTED = 8192;

/**
 * Splits as a lenient reader does: a quote closes only before a delimiter or the record's end. It is for comparing candidates;
 * what is read in earnest, the general reader splits. Blank lines are no rows.
 */
export function splitSample(text: string, by: Splitting, most_rows: number): SplitSample {
  const split: SplitSample = {
    text,
    first_cell: [],
    rows: 0,
    cell_from: [],
    cell_to: [],
    cell_quoted: [],
    proper: 0,
    broken: 0,
    stray: 0,
  };
  let at = 0;
  while (at < text.length && split.rows < most_rows) {
    const blank = blankLineEnd(text, at, by.delimiter);
    at = blank > at ? blank : splitRow(split, at, by);
  }
  split.first_cell.push(split.cell_from.length);
  return split;
}

export function widthOf(split: SplitSample, row: number): number {
  return split.first_cell[row + 1] - split.first_cell[row];
}

export function cellText(split: SplitSample, cell: number): string {
  return split.text.slice(split.cell_from[cell], split.cell_to[cell]).trim();
}

/** Behind the blank line at `at`; `at` itself when it is none. Delimiters are not blank, even when they are tabs. */
function blankLineEnd(text: string, at: number, delimiter: string): number {
  for (let end = at; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === LF) return end + 1;
    if ((code !== 32 && code !== 9) || delimiter.charCodeAt(0) === code) return at;
  }
  return text.length;
}

/** Adds the row at `at`; answers where the next one begins. */
function splitRow(split: SplitSample, at: number, by: Splitting): number {
  const { text } = split;
  const { delimiter, quote } = by;
  const delimits = delimiter.charCodeAt(0);
  const quotes = quote === null ? -1 : quote.charCodeAt(0);
  split.rows++;
  split.first_cell.push(split.cell_from.length);
  for (let from = at; ; ) {
    let quoted = -1;
    if (text.charCodeAt(from) === quotes) quoted = closingQuote(split, from + 1, by);
    let to = quoted >= 0 ? quoted + 1 : from;
    for (; to < text.length; to++) {
      const code = text.charCodeAt(to);
      if (code === LF || (code === delimits && (delimiter.length === 1 || text.startsWith(delimiter, to)))) break;
      if (code === quotes && isStray(text, to, from)) split.stray++;
    }
    split.cell_from.push(quoted >= 0 ? from + 1 : from);
    split.cell_to.push(quoted >= 0 ? quoted : to);
    split.cell_quoted.push(quoted >= 0 ? 1 : 0);
    if (to >= text.length) return to;
    if (text.charCodeAt(to) === LF) return to + 1;
    from = to + delimiter.length;
  }
}

/** An apostrophe within a word is none; a quotation mark in a field without quotes always is. */
function isStray(text: string, at: number, from: number): boolean {
  if (text[at] !== "'") return true;
  return at === from || !/[\p{L}\d]/u.test(text[at - 1] ?? '') || !/[\p{L}\d ]/u.test(text[at + 1] ?? '');
}

/** Position of the quote that closes the field at `from`; -1 when none does, and the opening one is a byte like any other. */
function closingQuote(split: SplitSample, from: number, by: Splitting): number {
  const { text } = split;
  const quote = by.quote as string;
  let inner = false;
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {
    if (inner && at - from > LONGEST_QUOTED) break;
    if (by.escape === BACKSLASH && isEscaped(text, at, from)) continue;
    const next = at + 1;
    if (next >= text.length || text.charCodeAt(next) === LF || text.startsWith(by.delimiter, next)) {
      if (inner) split.broken++;
      else split.proper++;
      return at;
    }
    if (by.escape === quote && text[next] === quote) at++;
    else if (by.escape !== null || text[next] !== quote) inner = true;
  }
  split.broken++;
  return -1;
}

function isEscaped(text: string, at: number, from: number): boolean {
  let begin = at;
  while (begin > from && text[begin - 1] === BACKSLASH) begin--;
  return (at - begin) % 2 === 1;
}
