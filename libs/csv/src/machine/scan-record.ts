import { LF } from '../bytes.js';
import { RECORD_FAULT } from '../records.js';
import { type DialectMachine, restMatches } from './dialect-machine.js';
import { recordEndSize, STARVED } from './line-ends.js';
import { bareEnd, QUOTE_KIND, quoted, scanQuoted } from './scan-quoted.js';

/**
 * What `scanRecord` found: one reused set, valid until its next call. The value of field `n` is `start[n] .. end[n]`, of the
 * kind QUOTE_KIND (literal: as it stands); where that is `continued`, its quote closes at `close[n]`.
 */
export interface RecordScan {
  count: number;
  start: Uint32Array;
  end: Uint32Array;
  close: Uint32Array;
  kind: Uint8Array;
  /** The record's last byte + 1 without its record end, and with it. */
  record_end: number;
  next: number;
  /** RECORD_FAULT.unclosed_quote when a quote where a field begins was taken as literal. */
  fault: number;
}

export const scan: RecordScan = {
  count: 0,
  start: new Uint32Array(256),
  end: new Uint32Array(256),
  close: new Uint32Array(256),
  kind: new Uint8Array(256),
  record_end: 0,
  next: 0,
  fault: RECORD_FAULT.none,
};

/**
 * Scans the record at `from` into `scan`.
 * @param size where the bytes end @param final whether the text ends there too
 * @returns false when the record depends on bytes that are not there
 */
export function scanRecord(
  machine: DialectMachine,
  bytes: Buffer,
  from: number,
  size: number,
  final: boolean,
): boolean {
  const { quote0, delimiter_size, delimiter, blanks, plain, stops } = machine;
  const delimiter0 = delimiter[0];
  let count = 0;
  let at = from;
  scan.fault = RECORD_FAULT.none;
  for (;;) {
    if (count === scan.kind.length) grow();
    let begin = at;
    let kind: number = QUOTE_KIND.literal;
    if (quote0 >= 0) {
      let open = at;
      if (!plain) while (open < size && blanks[bytes[open]] === 1) open++;
      if (open < size && bytes[open] === quote0 && restMatches(bytes, open, size, machine.quote)) {
        kind = scanQuoted(machine, bytes, open, size, final, open > at);
        if (kind === STARVED) return false;
        if (kind === QUOTE_KIND.literal && open === at) scan.fault = RECORD_FAULT.unclosed_quote;
      }
    }
    if (kind === QUOTE_KIND.literal) {
      while (at < size && stops[bytes[at]] === 0) at++;
      if (at >= size || delimiter_size > 1 || bytes[at] !== delimiter0) {
        at = bareEnd(machine, bytes, at, size, final);
        if (at === STARVED) return false;
      }
      scan.end[count] = at;
    } else {
      begin = quoted.start;
      at = quoted.at;
      scan.end[count] = quoted.end;
      scan.close[count] = quoted.close;
    }
    scan.start[count] = begin;
    scan.kind[count] = kind;
    count++;
    if (at < size && bytes[at] === delimiter0 && (delimiter_size === 1 || restMatches(bytes, at, size, delimiter))) {
      at += delimiter_size;
      continue;
    }
    scan.count = count;
    scan.record_end = at;
    if (at < size && bytes[at] === LF) {
      scan.next = at + 1;
      return true;
    }
    const end = at < size ? recordEndSize(machine, bytes, at, size, final) : 0;
    if (end < 0 || (end === 0 && !final)) return false;
    scan.next = at + end;
    return true;
  }
}

function grow(): void {
  const larger = (array: Uint32Array) => {
    const grown = new Uint32Array(array.length * 2);
    grown.set(array);
    return grown;
  };
  scan.start = larger(scan.start);
  scan.end = larger(scan.end);
  scan.close = larger(scan.close);
  const kind = new Uint8Array(scan.kind.length * 2);
  kind.set(scan.kind);
  scan.kind = kind;
}
