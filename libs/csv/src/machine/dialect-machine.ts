import { type Dialect, isPlain, MillraceError, PLAIN_DIALECT } from '@millrace/contracts';
import { CR, LF, SPACE, TAB } from '../bytes.js';

/**
 * A dialect as the machine needs it: bytes and tables of bytes. Every sequence (delimiter, quote, escape) is looked for by its
 * first byte; the rest is compared only where that is met, so that the usual dialects of single bytes pay nothing for the others.
 */
export interface DialectMachine {
  dialect: Dialect;
  delimiter: Buffer;
  delimiter_size: number;
  /** First byte of the quote; -1: the dialect has none. */
  quote0: number;
  quote: Buffer;
  quote_size: number;
  /** A quote within quotes is written twice. */
  doubled: boolean;
  /** First byte of an escape that is not the quote; -1: there is none. */
  escape0: number;
  escape_mark: Buffer;
  comment: Buffer | null;
  /** Which bytes end a record: LF alone, CR alone, CR with LF. */
  ends_lf: boolean;
  ends_cr: boolean;
  ends_crlf: boolean;
  /** By byte, 1: may be a delimiter or the end of a record. */
  stops: Uint8Array;
  /** By byte, 1: may be a quote, an escape, or the end of a record. */
  quoted_stops: Uint8Array;
  /** By byte, 1: a blank that begins no delimiter. A line of only these is blank. */
  blanks: Uint8Array;
  /** The rules of the fast path: what follows a closing quote is literal, blanks before a quote make it literal. */
  plain: boolean;
}

const machines = new Map<string, DialectMachine>();
const MOST_MACHINES = 1024;

/** The machine of a dialect; those met before are kept. @throws MillraceError CONFIG_INVALID when no text could be read so */
export function machineOf(dialect: Dialect): DialectMachine {
  const key = JSON.stringify((Object.keys(PLAIN_DIALECT) as (keyof Dialect)[]).map((name) => dialect[name]));
  let machine = machines.get(key);
  if (!machine) {
    checkDialect(dialect);
    machine = compile(dialect);
    if (machines.size === MOST_MACHINES) machines.clear();
    machines.set(key, machine);
  }
  return machine;
}

/** @throws MillraceError CONFIG_INVALID when a dialect contradicts itself */
export function checkDialect(dialect: Dialect): void {
  const { delimiter, quote, comment } = dialect;
  const escape_char = dialect.escape;
  const refuse = (reason: string): never => {
    throw new MillraceError('CONFIG_INVALID', `the dialect cannot be used: ${reason}`);
  };
  if (delimiter === '') refuse('its delimiter is empty');
  for (const [name, text] of Object.entries({ delimiter, quote, escape: escape_char, comment })) {
    if (text === null) continue;
    if (/[\r\n]/.test(text)) refuse(`its ${name} holds a line end`);
    if (name !== 'delimiter' && text === '') refuse(`its ${name} is empty: use null for none`);
  }
  if (quote !== null && [...quote].length !== 1) refuse(`its quote ${JSON.stringify(quote)} is not one character`);
  if (escape_char !== null && [...escape_char].length !== 1)
    refuse(`its escape ${JSON.stringify(escape_char)} is not one character`);
  if (quote !== null && delimiter.includes(quote)) refuse('its delimiter holds its quote');
  if (quote === ' ' || quote === '\t') refuse('a blank cannot be a quote');
  if (escape_char !== null && quote !== null && delimiter.includes(escape_char))
    refuse('its delimiter holds its escape');
}

function compile(dialect: Dialect): DialectMachine {
  const delimiter = Buffer.from(dialect.delimiter);
  const quote = Buffer.from(dialect.quote ?? '');
  const own_escape = dialect.quote !== null && dialect.escape !== dialect.quote ? dialect.escape : null;
  const escape_mark = Buffer.from(own_escape ?? '');
  const any = dialect.record_end === 'any';
  const ends_lf = any || dialect.record_end === 'lf';
  const ends_cr = any || dialect.record_end === 'cr';
  const ends_crlf = any || dialect.record_end === 'crlf' || dialect.record_end === 'lf';
  const line_ends = [...(ends_lf ? [LF] : []), ...(ends_cr || ends_crlf ? [CR] : [])];
  const blanks = tableOf([SPACE, TAB]);
  blanks[delimiter[0]] = 0;
  return {
    dialect,
    delimiter,
    delimiter_size: delimiter.length,
    quote0: quote.length > 0 ? quote[0] : -1,
    quote,
    quote_size: quote.length,
    doubled: dialect.quote !== null && dialect.escape === dialect.quote,
    escape0: escape_mark.length > 0 ? escape_mark[0] : -1,
    escape_mark,
    comment: dialect.comment === null ? null : Buffer.from(dialect.comment),
    ends_lf,
    ends_cr,
    ends_crlf,
    stops: tableOf([delimiter[0], ...line_ends]),
    quoted_stops: tableOf([...quote.subarray(0, 1), ...escape_mark.subarray(0, 1), ...line_ends]),
    blanks,
    plain: isPlain(dialect),
  };
}

function tableOf(bytes: number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) table[byte] = 1;
  return table;
}

/** Whether `sequence` stands at `at`, its first byte being there already. */
export function restMatches(bytes: Uint8Array, at: number, size: number, sequence: Uint8Array): boolean {
  if (at + sequence.length > size) return false;
  for (let place = 1; place < sequence.length; place++) {
    if (bytes[at + place] !== sequence[place]) return false;
  }
  return true;
}
