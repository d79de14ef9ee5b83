/** The value of one CSV field as it stands in a file: what a reader makes of its quotes. One character a byte. */
export function unquoted(raw: string): string {
  if (!raw.startsWith('"')) return raw;
  let value = '';
  for (let at = 1; at < raw.length; at++) {
    if (raw[at] !== '"') value += raw[at];
    else if (raw[at + 1] === '"') value += raw[at++];
    // Closed: what stands behind it is taken as it is.
    else return value + raw.slice(at + 1);
  }
  return value;
}
