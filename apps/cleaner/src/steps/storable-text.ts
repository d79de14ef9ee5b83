/**
 * The bytes `from` to `to` as text that PostgreSQL takes: what is no UTF-8 and NUL become U+FFFD; at most `limit` bytes, whole
 * characters.
 */
export function storableText(bytes: Buffer, from: number, to: number, limit: number): string {
  const text = bytes.toString('utf8', from, endOf(bytes, from, to, limit)).replaceAll('\0', '\ufffd');
  // Replacements are longer than what they replace: three bytes for one, at most.
  if (3 * (to - from) <= limit) return text;
  const encoded = Buffer.from(text);
  return encoded.length <= limit ? text : encoded.toString('utf8', 0, endOf(encoded, 0, encoded.length, limit));
}

/** Where at most `limit` bytes end with a whole character. */
function endOf(bytes: Buffer, from: number, to: number, limit: number): number {
  if (to - from <= limit) return to;
  let end = from + limit;
  while (end > from + limit - 4 && (bytes[end] & 0xc0) === 0x80) end--;
  return end;
}
