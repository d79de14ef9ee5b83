import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Dialect, ENCODINGS, type Encoding, MillraceError, PLAIN_DIALECT } from '@millrace/contracts';
import { checkDialect } from '@millrace/csv';

/** How the user says that a file is to be read. */
export interface GivenDialect {
  /** The encoding only where one is given: else it is detected. */
  dialect: Omit<Dialect, 'encoding'> & { encoding: Encoding | null };
  /** Names of the columns, instead of those of the header. */
  names: string[] | null;
  /** Number of columns, where there are no names. */
  columns: number | null;
}

/** Peek shows all that it can read: what a dataset would reject for its number of fields is filled up or cut. */
export const LENIENT_DIALECT: Dialect = { ...PLAIN_DIALECT, short_rows: 'pad', long_rows: 'cut' };

type Fields = Record<string, unknown>;

/** The names that the Pollock benchmark has for it, and what they are here. */
const FOREIGN: Record<string, (value: unknown) => Partial<GivenDialect['dialect']>> = {
  delimiter: (value) => ({ delimiter: textOf('delimiter', value) || ',' }),
  quotechar: (value) => ({ quote: textOf('quotechar', value) || '"' }),
  escapechar: (value) => ({ escape: textOf('escapechar', value) || null }),
  row_delimiter: (value) => ({ record_end: value === '\r' ? 'cr' : 'lf' }),
  header_lines: (value) => ({ header_rows: countOf('header_lines', value) }),
  preamble_lines: (value) => ({ preamble_lines: countOf('preamble_lines', value) }),
  footnote_lines: (value) => ({ footer_lines: countOf('footnote_lines', value) }),
};

/**
 * Finds what is said of `file`: in the JSON file `path`, or, when that is a directory, in its `<file>_parameters.json`.
 * @throws MillraceError CONFIG_INVALID
 */
export function readDialect(path: string, file: string): GivenDialect {
  const own = isDirectory(path) ? join(path, `${basename(file)}_parameters.json`) : path;
  try {
    return parseDialect(JSON.parse(readFileSync(own, 'utf8')));
  } catch (cause) {
    const { message } = cause as Error;
    throw new MillraceError('CONFIG_INVALID', `no dialect can be read from it: ${message}`, {
      place: { file: own },
      cause,
    });
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** @throws Error that says which field is wrong */
export function parseDialect(json: unknown): GivenDialect {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('a JSON object is wanted');
  const fields = json as Fields;
  const { encoding = null, column_names = [], n_columns = 0, ...rest } = fields;
  const foreign = Object.keys(rest).some(
    (name) => name !== 'delimiter' && name !== 'preamble_lines' && name in FOREIGN,
  );
  const given = foreign ? foreignFields(rest) : ownFields(rest);
  const dialect = { ...LENIENT_DIALECT, ...given };
  // A quote that nothing is said of is doubled, whatever it is.
  if (!('escape' in given)) dialect.escape = dialect.quote;
  checkDialect({ ...dialect, encoding: 'utf-8' });
  const names = namesOf(column_names);
  const columns = countOf('n_columns', n_columns);
  return { dialect: { ...dialect, encoding: encodingOf(encoding) }, names, columns: columns > 0 ? columns : null };
}

function foreignFields(fields: Fields): Partial<GivenDialect['dialect']> {
  // What else the benchmark says of its files is not about how they are read.
  const named = Object.entries(fields).filter(([name]) => name in FOREIGN);
  return Object.assign({}, ...named.map(([name, value]) => FOREIGN[name](value)));
}

const CHOICES: Partial<Record<keyof Dialect, readonly string[]>> = {
  record_end: ['any', 'lf', 'crlf', 'cr'],
  short_rows: ['pad', 'reject'],
  long_rows: ['cut', 'reject'],
};

function ownFields(fields: Fields): Partial<GivenDialect['dialect']> {
  const given: Fields = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!(name in PLAIN_DIALECT)) throw new Error(`${name} is no field of a dialect`);
    const choices = CHOICES[name as keyof Dialect];
    const usual = PLAIN_DIALECT[name as keyof Dialect];
    if (choices && !choices.includes(value as string)) throw new Error(`${name} is one of ${choices.join(', ')}`);
    if (typeof usual === 'number') given[name] = countOf(name, value);
    else given[name] = value === null && name !== 'delimiter' && !choices ? null : textOf(name, value);
  }
  // As in a dataset's configuration.
  if (given.escape === 'doubled') delete given.escape;
  else if (given.escape === 'backslash') given.escape = '\\';
  else if (given.escape === 'none') given.escape = null;
  return given;
}

function encodingOf(value: unknown): Encoding | null {
  if (value === null) return null;
  const label = textOf('encoding', value)
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^utf-?16-?(le|be)$/, 'utf-16$1');
  if (label === '' || label === 'ascii' || label === 'us-ascii') return null;
  const found = ENCODINGS.find((encoding) => encoding === label);
  if (found) return found;
  let known: string;
  try {
    known = new TextDecoder(label === 'utf-8-sig' ? 'utf-8' : label).encoding;
  } catch {
    throw new Error(`encoding ${label} is not known`);
  }
  const encoding = ENCODINGS.find((each) => each === known);
  if (!encoding) throw new Error(`encoding ${label} cannot be read: ${ENCODINGS.join(', ')} can`);
  return encoding;
}

function namesOf(value: unknown): string[] | null {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string'))
    throw new Error('column_names is no list of texts');
  return value.length > 0 ? value : null;
}

function textOf(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new Error(`${name} is no text`);
  return value;
}

/** Some write numbers as texts. */
function countOf(name: string, value: unknown): number {
  const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    throw new Error(`${name} is no whole number`);
  return count;
}
