const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** Longer ones are for whoever counts the digits. */
const MOST_BYTES = 40;

/**
 * The number at `from` to `to` as a decimal literal without zeros that say nothing, where it is a plain one with more digits behind
 * the point than the scale: what doubles have, mostly. Else an empty text: then it may be any number, or none.
 */
export function longLiteral(bytes: Buffer, from: number, to: number, scale: number): string {
  if (to - from > MOST_BYTES) return '';
  const sign = bytes[from];
  let at = sign === MINUS || sign === PLUS ? from + 1 : from;
  while (at < to && bytes[at] === ZERO) at++;
  const whole_from = at;
  while (at < to && isDigit(bytes[at])) at++;
  const point = at;
  if (point === to || bytes[point] !== POINT) return '';
  let end = ++at;
  for (; at < to && isDigit(bytes[at]); at++) {
    if (bytes[at] !== ZERO) end = at + 1;
  }
  if (at < to || end - point - 1 <= scale) return '';
  const text = bytes.toString('latin1', whole_from, end);
  const whole = whole_from === point ? `0${text}` : text;
  return sign === MINUS ? `-${whole}` : whole;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}
