export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const QUOTE = 34;
export const PLUS = 43;
export const COMMA = 44;
export const MINUS = 45;
export const POINT = 46;
export const ZERO = 48;
export const NINE = 57;
export const COLON = 58;
export const LETTER_E = 101;
export const LETTER_N = 110;
export const LETTER_U = 117;
export const OPEN_BRACKET = 91;
export const BACKSLASH = 92;
export const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;

/** Byte order mark: it may stand before a text, and is no part of it. */
export const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** JSON's white space, and what is trimmed from a value. */
export function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

/** Where a text begins behind its byte order mark, if it has one. */
export function textBegin(body: Buffer): number {
  return body.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
}
