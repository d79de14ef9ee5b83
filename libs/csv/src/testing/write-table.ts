import type { Dialect } from '@millrace/contracts';
import fc from 'fast-check';

export interface WrittenTable {
  preamble: string[];
  header: string[][];
  rows: string[][];
  footer: string[];
}

const LINE_ENDS = { any: ['\n', '\r\n', '\r'], lf: ['\n'], crlf: ['\r\n'], cr: ['\r'] } as const;

/** Tables that the dialect can hold: without quotes, for one, no field holds a delimiter. */
export function holdableTable(dialect: Dialect): fc.Arbitrary<WrittenTable> {
  const { delimiter, quote } = dialect;
  const pieces = [
    'a',
    'B',
    '12',
    'é',
    '\0',
    '-',
    ' ',
    '\t',
    '#',
    '/',
    '"',
    "'",
    '«',
    '\\',
    ',',
    ';',
    ':',
    '|',
    '\n',
    '\r',
    '\r\n',
  ];
  const bare = (piece: string) => ![...piece].some((char) => delimiter.includes(char) || '\r\n'.includes(char));
  const allowed = pieces
    .concat(quote === null ? [] : [delimiter])
    .filter((piece) => quote !== null || bare(piece))
    .filter((piece) => quote === null || dialect.escape !== null || !piece.includes(quote));
  const field = fc.array(fc.constantFrom(...allowed), { maxLength: 6 }).map((found) => found.join(''));
  const line = fc.constantFrom('x', 'made by "me', 'a;b,c', `${delimiter}${quote ?? ''}`);
  const lines = (count: number) => fc.array(line, { minLength: count, maxLength: count });
  return fc.integer({ min: 1, max: 4 }).chain((width) => {
    const row = fc
      .array(field, { minLength: width, maxLength: width })
      // Without quotes nothing can tell these from blank lines and comments.
      .filter(([first]) => quote !== null || /^[aB1]/.test(first));
    const { preamble_lines, header_rows, footer_lines } = dialect;
    return fc.record({
      preamble: lines(preamble_lines),
      header: fc.array(row, { minLength: header_rows, maxLength: header_rows }),
      rows: fc.array(row, { maxLength: 6 }),
      footer: lines(footer_lines).filter((found) => found.every((text) => text.trim() !== '' && text !== delimiter)),
    });
  });
}

/** Writes a table, `always` with all fields in quotes, else with those that need them. */
export function writeTable(
  dialect: Dialect,
  { preamble, header, rows, footer }: WrittenTable,
  always: boolean,
): Buffer {
  const { delimiter } = dialect;
  const ends = LINE_ENDS[dialect.record_end];
  const records = [...header, ...rows].map((fields) =>
    fields
      .map((field, column) => written(dialect, field, always || mustQuote(dialect, fields, column)))
      .join(delimiter),
  );
  const all = [...preamble, ...records, ...footer];
  return Buffer.from(all.map((line, index) => line + ends[index % ends.length]).join(''));
}

function mustQuote({ delimiter, quote, comment }: Dialect, fields: string[], column: number): boolean {
  const field = fields[column];
  const special = `${delimiter}${quote}\r\n`;
  if ([...field].some((char) => special.includes(char))) return true;
  // The line would be a comment, or blank.
  return column === 0 && ((comment !== null && field.startsWith(comment[0])) || field.trim() === '');
}

function written({ quote, escape: mark }: Dialect, field: string, quoted: boolean): string {
  if (!quoted || quote === null) return field;
  if (mark === null) return quote + field + quote;
  const inner = mark === quote ? field : field.replaceAll(mark, mark + mark);
  return quote + inner.replaceAll(quote, mark + quote) + quote;
}
