/** What a cell's text looks like. From `empty` to `code`, kinds are telling: a title of a column is seldom one of them. */
export const CELL_KIND = {
  empty: 0,
  number: 1,
  amount: 2,
  percent: 3,
  date: 4,
  time: 5,
  timestamp: 6,
  boolean: 7,
  url: 8,
  email: 9,
  address: 10,
  code: 11,
  word: 12,
  phrase: 13,
  unknown: 14,
} as const;

export type CellKind = (typeof CELL_KIND)[keyof typeof CELL_KIND];

const NUMBER =
  /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?$|^[+-]?\d{1,3}(?:([,. '])\d{3})(?:\1\d{3})*(?:[.,]\d+)?$/;
const AMOUNT = /^[+-]?(?:[$€£¥₹]|[A-Z]{3} )\s?-?\d[\d.,' ]*$|^[+-]?\d[\d.,' ]*\s?(?:[$€£¥₹]|EUR|USD|GBP|CHF)$/;
const PERCENT = /^[+-]?\d+(?:[.,]\d+)?\s?%$/;
const DATE =
  /^\d{4}([-/.])\d{1,2}\1\d{1,2}$|^\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})$|^\d{1,2}[-/. ][A-Za-z]{3,9}[-/. ](?:\d{4}|\d{2})$|^[A-Za-z]{3,9}\.? \d{1,2}, ?\d{4}$/;
const TIME = /^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?$/;
const TIMESTAMP =
  /^(\d[\d/.-]{5,9})(?:T| {1,2})(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?)(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?$/;
const BOOLEAN = /^(?:true|false|yes|no)$/i;
const URL_TEXT = /^(?:[a-z][a-z\d+.-]*:\/\/|www\.)[^\s"]+$/i;
const EMAIL = /^[^\s@,;|"]+@[^\s@,;|"]+\.[a-z]{2,}$/i;
const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}(?::\d+|\/\d+)?$|^(?:[\da-f]{2}:){5}[\da-f]{2}$/i;
const CODE = /^[\p{L}\d][\p{L}\d_./#+&-]*\d[\p{L}\d_./#+&-]*$|^\d[\p{L}\d_./#-]*$/u;
const WORD = /^[\p{L}_@#&][\p{L}\p{M}\d_.'’&@+/-]*$|^(?:[-*?]|n\/a)$/iu;
/** What a text as people write it seldom holds: other delimiters. What it holds: a letter or a digit. */
const OTHER_DELIMITER = /[\t|;~^"\n]/;
const LETTER = /[\p{L}\d]/u;
/** As much of a text is looked at. */
const LOOKED_AT = 256;

/** A longer cell is a text. */
const LONGEST_TYPED = 64;

/** The kind of a trimmed cell. */
export function cellKind(text: string): CellKind {
  if (text === '') return CELL_KIND.empty;
  if (URL_TEXT.test(text)) return CELL_KIND.url;
  const first = text.charCodeAt(0);
  if (text.length <= LONGEST_TYPED) {
    if (isDigit(first) || first === 43 || first === 45 || first === 46 || first === 44) {
      const kind = kindOfDigits(text);
      if (kind !== null) return kind;
    }
    if (AMOUNT.test(text)) return CELL_KIND.amount;
    if (BOOLEAN.test(text)) return CELL_KIND.boolean;
    if (EMAIL.test(text)) return CELL_KIND.email;
    if (DATE.test(text)) return CELL_KIND.date;
    if (WORD.test(text)) return /\d/.test(text) ? CELL_KIND.code : CELL_KIND.word;
    if (CODE.test(text)) return CELL_KIND.code;
  }
  const begin = text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text;
  return !OTHER_DELIMITER.test(begin) && LETTER.test(begin) ? CELL_KIND.phrase : CELL_KIND.unknown;
}

function kindOfDigits(text: string): CellKind | null {
  if (NUMBER.test(text)) return CELL_KIND.number;
  if (DATE.test(text)) return CELL_KIND.date;
  if (TIME.test(text)) return CELL_KIND.time;
  if (TIMESTAMP.test(text)) return CELL_KIND.timestamp;
  if (PERCENT.test(text)) return CELL_KIND.percent;
  if (ADDRESS.test(text)) return CELL_KIND.address;
  return null;
}

/** Whether a cell of this kind is a value rather than a title. */
export function isTelling(kind: CellKind): boolean {
  return kind >= CELL_KIND.number && kind <= CELL_KIND.code;
}

/** A code with its runs of letters and digits folded: `MG-8769` is `A-9`. Columns of codes are known by it. */
export function shapeOf(code: string): string {
  return code.replace(/\p{L}+/gu, 'A').replace(/\d+/g, '9');
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
