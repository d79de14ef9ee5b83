import { SOURCE_COLUMNS } from '../answer-key.js';

/** How one file is written. */
export interface FileStyle {
  line_end: '\n' | '\r\n';
  bom: boolean;
  /** Index of the usual column at each place of this file's header. */
  layout: number[];
  /** The last record ends with the file. */
  ends_open: boolean;
  /** The last record opens a quote that is never closed. */
  ends_unclosed: boolean;
}

const USUAL = SOURCE_COLUMNS.map((_, index) => index);
const OTHER = [7, 0, 6, 4, 3, 5, 8, 2, 1];

/** Each kind of style stands in at least one file where there are four or more. */
export function styleOf(file: number, files: number, bad: number): FileStyle {
  return {
    line_end: file % 3 === 1 ? '\r\n' : '\n',
    bom: file === 0,
    layout: file === 2 ? OTHER : USUAL,
    ends_open: file === files - 1,
    ends_unclosed: bad > 0 && file % 4 === 1 && file !== files - 1,
  };
}

export function headerOf(style: FileStyle): string {
  return style.layout.map((index) => SOURCE_COLUMNS[index]).join(',');
}

export function lineOf(raw: readonly string[], style: FileStyle): string {
  // A ragged record has no layout to follow.
  if (raw.length !== USUAL.length) return raw.join(',');
  let line = raw[style.layout[0]];
  for (let place = 1; place < USUAL.length; place++) line += `,${raw[style.layout[place]]}`;
  return line;
}
