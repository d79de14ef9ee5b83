/** How the text of a CSV source is to be read, whatever its bytes are: text is UTF-8 by the time that anything is cut or parsed. */
export interface Dialect {
  /** One or more characters. */
  delimiter: string;
  /** One character; null: quotes are bytes like any other. */
  quote: string | null;
  /** Within quotes: the quote itself, doubled; another character, such as a backslash, before it; null: nothing. */
  escape: string | null;
  /** What ends a record: any of LF, CRLF and CR, or only one of them. */
  record_end: 'any' | 'lf' | 'crlf' | 'cr';
  /** A line that begins with it is skipped; null: no line is. */
  comment: string | null;
  encoding: Encoding;
  /** Lines before the header, whatever they hold. */
  preamble_lines: number;
  /** Records that name the columns; several are joined with a blank. 0: columns stand in the order of the config. */
  header_rows: number;
  /** Lines behind the last record. */
  footer_lines: number;
  /** What becomes of a record with fewer fields than the header: missing ones are blank, or it is a reject. */
  short_rows: 'pad' | 'reject';
  /** And with more fields: what is too much is left out, or it is a reject. */
  long_rows: 'cut' | 'reject';
}

/** Names as TextDecoder knows them; `utf-8` with or without a BOM. */
export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'iso-8859-1', 'windows-1252'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** The dialect of the fast path, and of every message of an inbox. CRLF ends a record as well: its CR is blank, and trimmed. */
export const PLAIN_DIALECT: Readonly<Dialect> = Object.freeze({
  delimiter: ',',
  quote: '"',
  escape: '"',
  record_end: 'lf',
  comment: '#',
  encoding: 'utf-8',
  preamble_lines: 0,
  header_rows: 1,
  footer_lines: 0,
  short_rows: 'reject',
  long_rows: 'reject',
});

export function isPlain(dialect: Dialect): boolean {
  return (Object.keys(PLAIN_DIALECT) as (keyof Dialect)[]).every((key) => dialect[key] === PLAIN_DIALECT[key]);
}
