/** Pieces of a Markdown page. */

const MIB = 1024 * 1024;
export const ABSENT = 'not measured';

/** @param {number | undefined} value @param {number} digits behind the point @returns {string} `ABSENT` for no number */
export function number(value, digits = 0) {
  if (value === undefined || value === null || Number.isNaN(value)) return ABSENT;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Three digits that count. @param {number | undefined} value @returns {string} */
export function figure(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return ABSENT;
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return number(value, Math.min(digits, 4));
}

export const millions = (value) => (value === undefined ? ABSENT : `${figure(value / 1e6)}M`);
export const mebibytes = (bytes) => number(bytes === undefined ? undefined : bytes / MIB);
export const percent = (share, digits = 1) => (share === undefined ? ABSENT : `${number(share * 100, digits)} %`);
export const milliseconds = (value) => (value === undefined ? ABSENT : `${number(value)} ms`);

/** 1,000,000 as 1M, 1,500 as 1,500. @param {number} count @returns {string} */
export function count(value) {
  return value >= 1e6 && value % 1e5 === 0 ? `${value / 1e6}M` : number(value);
}

/**
 * @param {string[]} head a name that begins with `>` is a column of numbers, set to the right
 * @param {string[][]} rows @returns {string} padded, as formatters want it
 */
export function table(head, rows) {
  const right = head.map((name) => name.startsWith('>'));
  const cells = [head.map((name) => name.replace(/^>/, '')), ...rows];
  const widths = right.map((_, column) => Math.max(3, ...cells.map((row) => [...row[column]].length)));
  const pad = (text, column) => {
    const blanks = ' '.repeat(widths[column] - [...text].length);
    return right[column] ? blanks + text : text + blanks;
  };
  const line = (row) => `| ${row.map(pad).join(' | ')} |`;
  const rule = widths.map((width, column) => (right[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(cells[0]), `| ${rule.join(' | ')} |`, ...cells.slice(1).map(line)].join('\n');
}

/** Parts of a page, with a blank line between them; those that are none are left out. @param {(string | undefined)[]} parts */
export function paragraphs(...parts) {
  return parts.filter(Boolean).join('\n\n');
}
