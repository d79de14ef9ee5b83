import { isBlank } from '../bytes.js';
import { type DialectMachine, restMatches } from './dialect-machine.js';
import { escapedSize, QUOTE_KIND } from './scan-quoted.js';
import { scan } from './scan-record.js';

/** Where a value stands: in the text, or where it was unescaped to. */
export const value = { start: 0, end: 0 };

/**
 * Leaves the value of field `field` of the last scanned record in `value`.
 * @param into where it is written when it has to be unescaped, at `free`: it never grows
 * @returns the first byte behind what was written; `free` when nothing was
 */
export function takeValue(
  machine: DialectMachine,
  bytes: Buffer,
  field: number,
  into: Buffer,
  free: number,
  trim: boolean,
): number {
  const kind = scan.kind[field];
  let from = scan.start[field];
  let to = scan.end[field];
  let behind = free;
  if (kind >= QUOTE_KIND.escaped) {
    const close = kind === QUOTE_KIND.continued ? scan.close[field] : to;
    behind = withoutEscapes(machine, bytes, from, close, into, free);
    for (let at = close + machine.quote_size; at < to; at++) into[behind++] = bytes[at];
    from = free;
    to = behind;
  }
  const source = kind >= QUOTE_KIND.escaped ? into : bytes;
  if (trim) {
    while (from < to && isBlank(source[from])) from++;
    while (from < to && isBlank(source[to - 1])) to--;
  }
  value.start = from;
  value.end = to;
  return behind;
}

function withoutEscapes(
  machine: DialectMachine,
  bytes: Buffer,
  from: number,
  end: number,
  into: Buffer,
  free: number,
): number {
  const { doubled, quote0, quote, quote_size, escape0, escape_mark } = machine;
  let to = free;
  let at = from;
  while (at < end) {
    const byte = bytes[at];
    let size = 1;
    if (doubled && byte === quote0 && restMatches(bytes, at, end, quote)) {
      size = quote_size;
      const again = at + size;
      if (again < end && bytes[again] === quote0 && restMatches(bytes, again, end, quote)) at = again;
    } else if (byte === escape0 && restMatches(bytes, at, end, escape_mark)) {
      const escaped = escapedSize(machine, bytes, at + escape_mark.length, end);
      if (escaped > 0) {
        at += escape_mark.length;
        size = escaped;
      }
    }
    for (const behind = at + size; at < behind; at++) into[to++] = bytes[at];
  }
  return to;
}

let room = Buffer.alloc(64 * 1024);

/** The fields of the last scanned record as text. */
export function fieldTexts(machine: DialectMachine, bytes: Buffer, trim: boolean): string[] {
  const size = scan.record_end - (scan.count > 0 ? scan.start[0] : 0);
  if (room.length < size) room = Buffer.alloc(2 * size);
  return Array.from({ length: scan.count }, (_, field) => {
    const written = takeValue(machine, bytes, field, room, 0, trim);
    return (written > 0 ? room : bytes).toString('utf8', value.start, value.end);
  });
}
