import { CLOSE_BRACE, COMMA, isSpace, LF, OPEN_BRACE } from '../bytes.js';

/** Distances that are not known. */
const NOWHERE = -1;

/**
 * Where, behind a broken item, the next one plausibly begins. Items that begin lines do so with the same number of blanks
 * before, in texts that people and programs write: so of such an item the next line that begins like its own, with an
 * object. Of one that does not, the next object behind `},` or behind a comma and a line end.
 */
export class ItemEdges {
  /** The first place before a line that begins like the item's own; NOWHERE so far. */
  first = NOWHERE;
  /** Blanks before the item in its line; NOWHERE when it does not begin a line. */
  private indent = NOWHERE;
  /** Blanks since the last line end; NOWHERE when something else has followed it. */
  private blanks: number;
  /** Distance of the last line end and of what stands behind the last comma, when only blanks have followed. */
  private line_end = NOWHERE;
  private behind_comma = NOWHERE;
  private isBehindBrace = false;
  private isCommaBehindBrace = false;

  constructor(isLineBegin: boolean) {
    this.blanks = isLineBegin ? 0 : NOWHERE;
  }

  /** A byte before the item: a blank or comma. */
  passLead(byte: number): void {
    this.passBlank(byte, 0);
  }

  /** The item begins. */
  begin(): void {
    this.indent = this.blanks;
    this.blanks = NOWHERE;
  }

  /**
   * A byte of the item, `at` bytes behind its begin.
   * @param isLong whether any of these places will do
   * @returns where the item ends if it is broken, NOWHERE when not before this byte
   */
  pass(byte: number, at: number, isLong: boolean): number {
    const end = byte === OPEN_BRACE ? this.edge(isLong) : NOWHERE;
    if (isSpace(byte)) {
      this.passBlank(byte, at);
      return end;
    }
    this.blanks = NOWHERE;
    this.line_end = NOWHERE;
    this.behind_comma = byte === COMMA ? at + 1 : NOWHERE;
    this.isCommaBehindBrace = byte === COMMA && this.isBehindBrace;
    this.isBehindBrace = byte === CLOSE_BRACE;
    return end;
  }

  private passBlank(byte: number, at: number): void {
    if (byte === LF) {
      this.blanks = 0;
      this.line_end = at;
    } else if (isSpace(byte)) {
      if (this.blanks !== NOWHERE) this.blanks++;
    } else this.blanks = NOWHERE;
  }

  private edge(isLong: boolean): number {
    if (this.blanks !== NOWHERE && this.blanks === this.indent) {
      if (this.first === NOWHERE) this.first = this.line_end;
      return this.first;
    }
    if (isLong && this.blanks !== NOWHERE) return this.line_end;
    if (this.behind_comma === NOWHERE || !(isLong || this.indent === NOWHERE)) return NOWHERE;
    return this.isCommaBehindBrace || this.blanks !== NOWHERE ? this.behind_comma : NOWHERE;
  }
}
