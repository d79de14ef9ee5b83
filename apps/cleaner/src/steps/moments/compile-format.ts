import { beginMoment, HALF_DAY, type MomentReader, moment } from './moment.js';
import { digitsAt, isDigit, readFraction, readZone } from './pieces.js';

/** Reads one piece of a value into `moment`; answers where it ends, -1 when it is not there. */
type Piece = (bytes: Uint8Array, at: number, to: number) => number;

/** Longest first. Runs of S of any length are one token. */
const TOKENS = /YYYY|YY|MMM|MM|M|DD|D|HH|H|hh|h|mm|ss|S+|A|Z/y;

/** Two digits of a year: 69 to 99 are of the last century, 00 to 68 of this one, as in POSIX. */
const PIVOT = 69;

/**
 * Compiles a format such as `DD/MM/YYYY HH:mm` to a reader over bytes. What is no token must stand in the value as it is; a token of
 * one letter takes one or two digits. Months by name are English, in any case.
 */
export function compileFormat(format: string): MomentReader {
  const pieces: Piece[] = [];
  for (let at = 0; at < format.length; ) {
    TOKENS.lastIndex = at;
    const token = TOKENS.exec(format)?.[0];
    const char = String.fromCodePoint(format.codePointAt(at) as number);
    pieces.push(token === undefined ? literal(char) : pieceOf(token));
    at += (token ?? char).length;
  }
  return (bytes, from, to) => {
    beginMoment();
    let at = from;
    for (const piece of pieces) {
      at = piece(bytes, at, to);
      if (at < 0) return false;
    }
    return at === to;
  };
}

function literal(char: string): Piece {
  const expected = Buffer.from(char);
  return (bytes, at, to) => {
    if (at + expected.length > to) return -1;
    for (let byte = 0; byte < expected.length; byte++) if (bytes[at + byte] !== expected[byte]) return -1;
    return at + expected.length;
  };
}

type Field = 'month' | 'day' | 'hour' | 'minute' | 'second';

const FIELDS: Record<string, Field> = { M: 'month', D: 'day', H: 'hour', h: 'hour', m: 'minute', s: 'second' };

function pieceOf(token: string): Piece {
  switch (token) {
    case 'YYYY':
      return (bytes, at, to) => {
        moment.year = digitsAt(bytes, at, to, 4);
        return moment.year < 0 ? -1 : at + 4;
      };
    case 'YY':
      return (bytes, at, to) => {
        const year = digitsAt(bytes, at, to, 2);
        moment.year = year + (year < PIVOT ? 2000 : 1900);
        return year < 0 ? -1 : at + 2;
      };
    case 'MMM':
      return monthName;
    case 'A':
      return halfDay;
    case 'Z':
      return readZone;
  }
  if (token[0] === 'S') return (bytes, at, to) => readFraction(bytes, at, to, token.length, token.length);
  return token.length === 2 ? twoDigits(FIELDS[token[0]]) : oneOrTwoDigits(FIELDS[token[0]]);
}

function twoDigits(field: Field): Piece {
  return (bytes, at, to) => {
    moment[field] = digitsAt(bytes, at, to, 2);
    return moment[field] < 0 ? -1 : at + 2;
  };
}

function oneOrTwoDigits(field: Field): Piece {
  return (bytes, at, to) => {
    const size = at + 1 < to && isDigit(bytes[at + 1]) ? 2 : 1;
    moment[field] = digitsAt(bytes, at, to, size);
    return moment[field] < 0 ? -1 : at + size;
  };
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function monthName(bytes: Uint8Array, at: number, to: number): number {
  if (at + 3 > to) return -1;
  const name = String.fromCharCode(bytes[at] | 32, bytes[at + 1] | 32, bytes[at + 2] | 32);
  moment.month = MONTHS.indexOf(name) + 1;
  return moment.month === 0 ? -1 : at + 3;
}

function halfDay(bytes: Uint8Array, at: number, to: number): number {
  if (at + 2 > to || (bytes[at + 1] | 32) !== 109) return -1;
  const letter = bytes[at] | 32;
  if (letter !== 97 && letter !== 112) return -1;
  moment.half_day = letter === 97 ? HALF_DAY.am : HALF_DAY.pm;
  return at + 2;
}
