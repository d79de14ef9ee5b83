import type { ExpressionFault } from './column.js';

export const EXPRESSION_BYTES = 16_384;
const PARENTHESES_DEEP = 100;

/** What the parser does not tell, or would get wrong. */
export interface Scan {
  /** The text as the parser is to see it: it takes `5-3` for two numbers without an operator, so each minus stands alone. */
  spaced: string;
  /** Offset in the text of each character of `spaced`. */
  origin: number[];
  /** Of each opening parenthesis the closing one; offsets in `spaced`. */
  closing: Map<number, number>;
  faults: ExpressionFault[];
}

/** Reads an expression character by character: strings and quoted names are passed over, minus signs set apart. */
export function scanExpression(text: string): Scan {
  const scan: Scan = { spaced: '', origin: [], closing: new Map(), faults: [] };
  if (text.length > EXPRESSION_BYTES) {
    scan.faults.push({ at: EXPRESSION_BYTES, message: `an expression has at most ${EXPRESSION_BYTES} characters` });
    return scan;
  }
  // Such a text could not be stored; and a dictionary would find one that it knows as another.
  const unstorable = text.search(/\0|\p{Surrogate}/u);
  if (unstorable >= 0) {
    scan.faults.push({ at: unstorable, message: 'NUL and halves of surrogate pairs are no characters of a text' });
    return scan;
  }
  const open: number[] = [];
  for (let at = 0; at < text.length; ) {
    const length = tokenAt(text, at);
    const token = text.slice(at, at + length);
    const message = complaint(token);
    if (message !== null) {
      scan.faults.push({ at, message });
      return scan;
    }
    if (token === '(') open.push(scan.spaced.length);
    if (token === ')' && open.length > 0) scan.closing.set(open.pop() as number, scan.spaced.length);
    if (open.length > PARENTHESES_DEEP) {
      scan.faults.push({ at, message: `parentheses stand at most ${PARENTHESES_DEEP} deep` });
      return scan;
    }
    put(scan, token === '-' ? ' - ' : token, at, token === '-' ? 1 : 0);
    at += length;
  }
  scan.origin.push(text.length);
  return scan;
}

function put(scan: Scan, token: string, at: number, lead: number): void {
  for (let index = 0; index < token.length; index++) {
    scan.origin.push(at + Math.min(Math.max(index - lead, 0), token.length - 1));
  }
  scan.spaced += token;
}

const TOKEN =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|[eE]'|--|\/\*|->>?|\$|[0-9][0-9.]*[a-zA-Z_]\w*|\.?[0-9][0-9.]*|[a-zA-Z_][\w]*|[\s\S]/y;

function tokenAt(text: string, at: number): number {
  TOKEN.lastIndex = at;
  return TOKEN.exec(text)?.[0].length ?? 1;
}

function complaint(token: string): string | null {
  const first = token[0];
  if (first === "'")
    return /^'(?:[^']|'')*'$/.test(token) ? null : "this text has no closing quote: write 'it''s' for a quote within";
  if (first === '"')
    return /^"(?:[^"]|"")+"$/.test(token) ? null : 'this name has no closing double quote, or is empty';
  if (/^[eE]'/.test(token)) return `write the text without ${first} before it: a backslash means itself`;
  if (token === '--' || token === '/*') {
    return token === '--'
      ? 'two minus signs begin a comment in SQL: put a blank between them, and comments into the config'
      : 'comments belong into the config, not into an expression';
  }
  if (token.startsWith('->')) return 'members of json are not read by expressions';
  if (first === '$') return "write text in single quotes: 'text'";
  if (first === ';') return 'an expression is one value: it has no semicolon';
  if (/^[0-9].*[a-zA-Z_]/.test(token)) return `${token} is no number: write it with digits and a point only`;
  if (/^[0-9.]+\.[0-9.]*\./.test(token) || (/^[0-9.]{2,}$/.test(token) && token.split('.').length > 2))
    return `${token} is no number`;
  if (first > '~') return `a name with ${JSON.stringify(first)} stands in double quotes: "name"`;
  return null;
}
