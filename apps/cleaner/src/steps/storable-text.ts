/** Bytes as text that PostgreSQL takes: what is no UTF-8 and NUL become U+FFFD; at most `limit` bytes, whole characters. */
export function storableText(bytes: Buffer, limit: number): string {
  const text = cut(bytes, limit).toString('utf8').replaceAll('\0', '\ufffd');
  // Replacements are longer than what they replace.
  const encoded = Buffer.from(text);
  return encoded.length <= limit ? text : cut(encoded, limit).toString('utf8');
}

function cut(bytes: Buffer, limit: number): Buffer {
  if (bytes.length <= limit) return bytes;
  let end = limit;
  while (end > limit - 4 && (bytes[end] & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
