import type { Splitting } from './split-sample.js';

export interface Candidate extends Splitting {
  /** 0..1: how usual it is, before anything of the text is known. */
  prior: number;
}

/** Delimiters that people use, the most usual first. */
const USUAL: readonly [string, number][] = [
  [',', 1],
  [';', 1],
  ['\t', 1],
  ['|', 1],
  [' ', 0.75],
  ['~', 0.8],
  ['^', 0.8],
  ['\x1f', 0.9],
  ['\x01', 0.9],
  ['¦', 0.8],
  ['§', 0.7],
  ['#', 0.6],
  ['*', 0.5],
  ['&', 0.5],
  ['!', 0.5],
  [':', 0.5],
  ['=', 0.4],
];

/** A rare delimiter must stand in nearly every line; a usual one in a good part of them. */
const RARE_SHARE = 0.8;
const USUAL_SHARE = 0.2;
/** Lines that the delimiters are counted in, and how much of each. */
const COUNTED_LINES = 60;
const COUNTED_CHARACTERS = 512;
/** A character always followed by the same other one is a delimiter of two characters: this often. */
const PAIR_SHARE = 0.95;
/** How usual a delimiter of the same characters, or with a blank, is beside one character; and one of different characters. */
const LONGER_PRIOR = 0.98;
const MIXED_PRIOR = 0.85;
/** So many of its places are looked at. */
const LOOKED_AT = 200;
const LONGEST_DELIMITER = 4;

/** The delimiters worth comparing for a text whose records end with LF; the comma is always among them, and first. */
export function delimitersFor(text: string): { delimiter: string; prior: number }[] {
  const lines = text
    .split('\n', COUNTED_LINES)
    .map((line) => line.slice(0, COUNTED_CHARACTERS))
    .filter((line) => line.trim() !== '');
  const counted = lines.join('\n');
  const found = new Map<string, number>([[',', 1]]);
  for (const [character, prior] of USUAL) {
    const holding = lines.filter((line) => line.includes(character)).length;
    if (holding < Math.max(1, (prior < 0.9 ? RARE_SHARE : USUAL_SHARE) * lines.length)) continue;
    const run = character.repeat(runLength(counted, character));
    const longer = longerDelimiter(counted, run);
    // What stands beside it may be values' own: `,#ff0000,#00ff00`. And of comma and blank, quotes tell whether both are it.
    found.set(run, run === character ? prior : prior * LONGER_PRIOR);
    if (longer !== run) found.set(longer, prior * (longer.trim() === run ? LONGER_PRIOR : MIXED_PRIOR));
  }
  return [...found].map(([delimiter, prior]) => ({ delimiter, prior }));
}

/** Quotes worth comparing with the usual one. */
export function otherQuotesFor(text: string, delimiter: string): Pick<Candidate, 'quote' | 'prior'>[] {
  return opensAndCloses(text, delimiter, "'") ? [{ quote: "'", prior: 0.95 }] : [];
}

/** Ways to write a quote within quotes, beside doubling it. */
export function otherEscapesFor(text: string, quote: string): Pick<Candidate, 'escape' | 'prior'>[] {
  const backslash = text.includes(`\\${quote}`) ? [{ escape: '\\', prior: 0.98 }] : [];
  return text.includes(quote) ? [...backslash, { escape: null, prior: 0.97 }] : [];
}

/** The character with what nearly always stands beside it: `||`, `::`, `, `, `~|~`. */
function longerDelimiter(text: string, run: string): string {
  let delimiter = run;
  while (delimiter.length < LONGEST_DELIMITER) {
    const behind = neighbour(text, delimiter, (at) => at + delimiter.length);
    const before = behind === null ? neighbour(text, delimiter, (at) => at - 1) : null;
    if (behind !== null) delimiter += behind;
    else if (before !== null && before !== ' ') delimiter = before + delimiter;
    else break;
  }
  return delimiter;
}

/** What the lengths of nearly all runs of the character have in common: 2 for `a||b||||c`. */
function runLength(text: string, character: string): number {
  const lengths: number[] = [];
  for (let at = text.indexOf(character); at >= 0 && lengths.length < LOOKED_AT; ) {
    let end = at + 1;
    while (text[end] === character) end++;
    lengths.push(end - at);
    at = text.indexOf(character, end);
  }
  for (let length = LONGEST_DELIMITER; length > 1; length--) {
    const fitting = lengths.filter((run) => run % length === 0).length;
    if (lengths.length >= 2 && fitting >= PAIR_SHARE * lengths.length) return length;
  }
  return 1;
}

/** The punctuation or blank that nearly always stands at a place beside the delimiter; null when there is none. */
function neighbour(text: string, delimiter: string, place: (at: number) => number): string | null {
  const counts = new Map<string, number>();
  let all = 0;
  for (
    let at = text.indexOf(delimiter);
    at >= 0 && all < LOOKED_AT;
    at = text.indexOf(delimiter, at + delimiter.length)
  ) {
    const beside = text[place(at)] ?? '\n';
    // A last field may be empty, and a blank behind its delimiter is often left out.
    if (beside === '\n') continue;
    all++;
    counts.set(beside, (counts.get(beside) ?? 0) + 1);
  }
  for (const [beside, count] of counts) {
    const joins = /[\p{P}\p{S} \t]/u.test(beside) && !/["'.\-+$€£(\\]/.test(beside);
    if (joins && all >= 2 && count >= PAIR_SHARE * all) return beside;
  }
  return null;
}

/** Whether the quote stands at fields' begins and ends, and not once only. */
function opensAndCloses(text: string, delimiter: string, quote: string): boolean {
  const opens = count(text, delimiter + quote) + count(text, `\n${quote}`) + (text.startsWith(quote) ? 1 : 0);
  const closes = count(text, quote + delimiter) + count(text, `${quote}\n`) + (text.endsWith(quote) ? 1 : 0);
  return opens > 0 && closes > 0 && opens + closes > 2;
}

function count(text: string, part: string): number {
  let found = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found++;
  return found;
}
