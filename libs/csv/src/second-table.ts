import { LIMITS } from '@millrace/contracts';
import { CR, LF } from './bytes.js';
import { headerRows } from './header-of.js';
import type { DialectMachine } from './machine/dialect-machine.js';
import { blankLineEnd, STARVED, skipLine } from './machine/line-ends.js';
import { scan, scanRecord } from './machine/scan-record.js';
import { fieldTexts } from './machine/values.js';

/** How far behind a blank line is looked to tell whether a second table begins there. */
export const TABLE_LOOKAHEAD_BYTES = 2 * LIMITS.header_bytes;

/** A name starts like a word, and holds neither line ends nor what addresses hold. */
const NAME = /^[\p{L}_][^\r\n@]{0,63}$/u;
/** What names do not look like: a number, an amount, a date, a time. */
const FIGURE = /^[^\p{L}]*\d[^\p{L}]*$/u;

/**
 * Tells where a second table begins in a source, which is not to be mixed into the first:
 *
 * - at a record that repeats the header: as many of its first names as both have, at least two and half of them; or
 * - at a blank line, when the record directly behind it has another number of fields than the header, at least two, all of
 *   them different names, and the record behind that one has as many fields, with a figure or nothing in at least one of them.
 *
 * Ragged records alone never begin a table.
 */
export class SecondTable {
  private readonly first: Buffer;

  private constructor(
    private readonly machine: DialectMachine,
    private readonly names: readonly string[],
    private readonly width: number,
  ) {
    this.first = Buffer.from(names[0]);
  }

  /** @param header the header records' bytes @returns null when they tell nothing */
  static of(machine: DialectMachine, header: Buffer): SecondTable | null {
    const rows = headerRows(machine, header);
    const width = rows.reduce((most, { length }) => Math.max(most, length), 0);
    return width < 2 ? null : new SecondTable(machine, rows[0], width);
  }

  /**
   * Whether a second table begins at `at`.
   * @param next what `skipLine` answers for `at` @param final whether the text ends at `size`
   * @returns null when that depends on bytes that are not there
   */
  begins(bytes: Buffer, at: number, next: number, size: number, final: boolean): boolean | null {
    if (next === at) return this.repeatsHeader(bytes, at, size, final);
    if (blankLineEnd(this.machine, bytes, at, size, final) !== next) return false;
    const bound = at + TABLE_LOOKAHEAD_BYTES;
    const found = this.hasHeaderAt(bytes, next, Math.min(size, bound), final && size <= bound);
    return found === null && bound <= size ? false : found;
  }

  private repeatsHeader(bytes: Buffer, at: number, size: number, final: boolean): boolean | null {
    // Hardly any record passes this: the rest may take its time.
    if (!this.mayBegin(bytes, at)) return false;
    if (!scanRecord(this.machine, bytes, at, size, final)) return null;
    const common = Math.min(scan.count, this.names.length);
    if (common < 2 || 2 * common < this.names.length) return false;
    const fields = fieldTexts(this.machine, bytes, true);
    return this.names.slice(0, common).every((name, column) => name === fields[column]);
  }

  /** Whether the first name may stand at `at`, quoted or not: told by bytes alone, as it is asked of every record. */
  private mayBegin(bytes: Buffer, from: number): boolean {
    const { quote0, quote_size, escape0, blanks, delimiter } = this.machine;
    let at = from;
    while (blanks[bytes[at]] === 1) at++;
    if (bytes[at] === quote0) {
      at += quote_size;
      while (blanks[bytes[at]] === 1) at++;
    }
    for (const byte of this.first) {
      // Escaped, a quote may look otherwise.
      if (byte === quote0 || byte === escape0) return true;
      if (bytes[at++] !== byte) return false;
    }
    const behind = bytes[at];
    return behind === delimiter[0] || behind === quote0 || blanks[behind] === 1 || behind === LF || behind === CR;
  }

  private hasHeaderAt(bytes: Buffer, at: number, size: number, final: boolean): boolean | null {
    const { machine } = this;
    if (at >= size) return final ? false : null;
    const skipped = skipLine(machine, bytes, at, size, final);
    if (skipped === STARVED) return null;
    if (skipped !== at) return false;
    if (!scanRecord(machine, bytes, at, size, final)) return null;
    const { count, next } = scan;
    if (count < 2 || count === this.width) return false;
    if (next >= size) return final ? false : null;
    const behind = skipLine(machine, bytes, next, size, final);
    if (behind === STARVED) return null;
    if (behind !== next) return false;
    if (!scanRecord(machine, bytes, next, size, final)) return null;
    if (scan.count !== count) return false;
    if (!fieldTexts(machine, bytes, true).some((field) => field === '' || FIGURE.test(field))) return false;
    scanRecord(machine, bytes, at, size, final);
    const names = fieldTexts(machine, bytes, true);
    return names.every((name) => NAME.test(name)) && new Set(names).size === count;
  }
}
