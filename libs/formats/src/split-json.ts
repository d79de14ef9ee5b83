import { MillraceError } from '@millrace/contracts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  textBegin,
} from './bytes.js';

/**
 * The rows of a JSON body: an object is one row, an array has its elements as rows, as views of their bytes. Only what is
 * needed to tell rows apart is checked: strings, brackets, and the commas between elements. Whether a row is a JSON object
 * is for the cleaner to say. A BOM at the begin is left out.
 * @throws MillraceError REQUEST_INVALID with the byte position when the body is neither, or does not end where it should,
 *   REQUEST_TOO_LARGE as soon as there are more rows than `most`
 */
export function splitJson(body: Buffer, most = Number.POSITIVE_INFINITY): Buffer[] {
  const begin = skipSpace(body, textBegin(body));
  if (body[begin] !== OPEN_BRACE && body[begin] !== OPEN_BRACKET) refuse('an object or an array should begin', begin);
  const rows: Buffer[] = [];
  const end = body[begin] === OPEN_BRACE ? nestedEnd(body, begin) : splitArray(body, begin, rows, most);
  if (body[begin] === OPEN_BRACE) rows.push(body.subarray(begin, end));
  const behind = skipSpace(body, end);
  if (behind < body.length) refuse('the text should end', behind);
  return rows;
}

/** Adds the elements of the array at `begin`; answers where it ends. */
function splitArray(body: Buffer, begin: number, rows: Buffer[], most: number): number {
  let at = skipSpace(body, begin + 1);
  if (body[at] === CLOSE_BRACKET) return at + 1;
  for (;;) {
    const end = elementEnd(body, at);
    if (rows.length >= most) throw new MillraceError('REQUEST_TOO_LARGE', `the array has over ${most} elements`);
    rows.push(body.subarray(at, end));
    at = skipSpace(body, end);
    if (body[at] === CLOSE_BRACKET) return at + 1;
    if (body[at] !== COMMA) refuse('a comma or the end of the array should stand', at);
    at = skipSpace(body, at + 1);
  }
}

function elementEnd(body: Buffer, at: number): number {
  if (body[at] === OPEN_BRACE || body[at] === OPEN_BRACKET) return nestedEnd(body, at);
  if (body[at] === QUOTE) return stringEnd(body, at);
  let end = at;
  while (end < body.length && !isSpace(body[end]) && !isMark(body[end])) end++;
  if (end === at) refuse('an element should begin', at);
  return end;
}

function isMark(byte: number): boolean {
  return byte === COMMA || byte === QUOTE || isOpener(byte) || isCloser(byte);
}

const isOpener = (byte: number) => byte === OPEN_BRACE || byte === OPEN_BRACKET;
const isCloser = (byte: number) => byte === CLOSE_BRACE || byte === CLOSE_BRACKET;

/** The byte that closes each one that is open; deeper nesting takes a longer list. A call for each would end the stack. */
const shallow = Buffer.alloc(64);

/** First byte behind the array or object at `begin`. */
function nestedEnd(body: Buffer, begin: number): number {
  let closers = shallow;
  let depth = 0;
  for (let at = begin; at < body.length; ) {
    const byte = body[at];
    if (byte === QUOTE) {
      at = stringEnd(body, at);
      continue;
    }
    if (isOpener(byte)) {
      if (depth === closers.length) closers = Buffer.concat([closers, Buffer.alloc(depth)]);
      closers[depth++] = byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
    } else if (isCloser(byte)) {
      if (byte !== closers[--depth]) refuse(`a ${String.fromCharCode(closers[depth])} should close what is open`, at);
      if (depth === 0) return at + 1;
    }
    at++;
  }
  return refuse('the text ends within an array or object that begins', begin);
}

/** First byte behind the string at `begin`. */
function stringEnd(body: Buffer, begin: number): number {
  for (let at = begin + 1; at < body.length; at++) {
    if (body[at] === QUOTE) return at + 1;
    if (body[at] === BACKSLASH) at++;
  }
  return refuse('the text ends within a string that begins', begin);
}

function skipSpace(body: Buffer, at: number): number {
  let next = at;
  while (next < body.length && isSpace(body[next])) next++;
  return next;
}

function refuse(reason: string, position: number): never {
  throw new MillraceError('REQUEST_INVALID', `the JSON text cannot be read: ${reason} at byte ${position}`);
}
