import { civilDate } from '@millrace/contracts';

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const COLON = 58;
const LETTER_T = 84;
const LETTER_Z = 90;
const OPEN = 91;
const CLOSE = 93;

/** What JSON.stringify writes for each control character, the quote and the backslash. */
const ESCAPES = Array.from({ length: 128 }, (_, byte) => {
  const text = JSON.stringify(String.fromCharCode(byte)).slice(1, -1);
  return text.length > 1 ? Buffer.from(text) : null;
});
/** Reused for every date. */
const date = { year: 0, month: 0, day: 0 };
/** An escape is 6 bytes at most. */
const WIDEST = 6;
/** More than any of the numbers and times below takes. */
const NUMBER_BYTES = 40;
const DAY_US = 86_400_000_000;

/**
 * Writes the key text of rows whose key is not one text column: the bytes of `JSON.stringify(canonical texts)`, without a string
 * a row. One key at a time: `begin`, a value for each of the key's columns, `end`.
 */
export class KeyWriter {
  #bytes = Buffer.alloc(4096);
  #view = viewOf(this.#bytes);
  #at = 0;

  /** Where `end` has left the key: from 0 on. May be another one after each key. */
  get view(): DataView {
    return this.#view;
  }

  begin(): void {
    this.#at = 0;
    this.#bytes[this.#at++] = OPEN;
  }

  /** UTF-8 text that stands somewhere. */
  text(bytes: Uint8Array, from: number, to: number): void {
    const out = this.#open(to - from);
    let at = this.#at;
    for (let next = from; next < to; next++) {
      const byte = bytes[next];
      const escaped = byte < 128 ? ESCAPES[byte] : null;
      if (escaped === null) out[at++] = byte;
      else at += escaped.copy(out, at);
    }
    this.#close(at);
  }

  /** Text of digits and letters, which needs no escape. */
  plain(text: string): void {
    const out = this.#open(text.length);
    this.#close(this.#at + out.write(text, this.#at, 'latin1'));
  }

  /** An integer that is exact in a double. */
  integer(value: number): void {
    this.#open(NUMBER_BYTES);
    this.#number(value, 0);
    this.#close(this.#at);
  }

  /** As `decimalText` of a scaled integer that is exact in a double. */
  scaled(value: number, scale: number): void {
    this.#open(NUMBER_BYTES);
    this.#number(value, scale);
    this.#close(this.#at);
  }

  /** As `dateText`. */
  date(days: number): void {
    this.#open(NUMBER_BYTES);
    this.#date(days);
    this.#close(this.#at);
  }

  /** As `microsecondsText`, of microseconds that are exact in a double. */
  timestamp(micros: number): void {
    this.#open(NUMBER_BYTES);
    const days = Math.floor(micros / DAY_US);
    const of_day = micros - days * DAY_US;
    const second = Math.floor(of_day / 1_000_000);
    this.#date(days);
    this.#byte(LETTER_T);
    this.#digits(Math.floor(second / 3600), 2);
    this.#byte(COLON);
    this.#digits(Math.floor(second / 60) % 60, 2);
    this.#byte(COLON);
    this.#digits(second % 60, 2);
    this.#fraction(of_day - second * 1_000_000, 6);
    this.#byte(LETTER_Z);
    this.#close(this.#at);
  }

  /** @returns the key's size in bytes */
  end(): number {
    // In place of the comma behind the last value.
    this.#bytes[this.#at - 1] = CLOSE;
    return this.#at;
  }

  #number(value: number, scale: number): void {
    if (value < 0) this.#byte(MINUS);
    const size = Math.abs(value);
    const one = 10 ** scale;
    const whole = Math.floor(size / one);
    let digits = 1;
    for (let rest = whole; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    this.#digits(whole, digits);
    this.#fraction(size - whole * one, scale);
  }

  #date(days: number): void {
    const { year, month, day } = civilDate(days, date);
    this.#digits(year, 4);
    this.#byte(MINUS);
    this.#digits(month, 2);
    this.#byte(MINUS);
    this.#digits(day, 2);
  }

  /** A point and `digits` digits, without zeros at their end; nothing when it is 0. */
  #fraction(value: number, digits: number): void {
    if (value === 0) return;
    let rest = value;
    let left = digits;
    for (; rest % 10 === 0; rest /= 10) left--;
    this.#byte(POINT);
    this.#digits(rest, left);
  }

  #digits(value: number, digits: number): void {
    let rest = value;
    for (let place = this.#at + digits - 1; place >= this.#at; place--) {
      const next = Math.floor(rest / 10);
      this.#bytes[place] = ZERO + (rest - 10 * next);
      rest = next;
    }
    this.#at += digits;
  }

  #byte(byte: number): void {
    this.#bytes[this.#at++] = byte;
  }

  #open(size: number): Buffer {
    const needed = this.#at + WIDEST * size + 8;
    if (needed > this.#bytes.length) {
      const larger = Buffer.alloc(2 * needed);
      this.#bytes.copy(larger, 0, 0, this.#at);
      this.#bytes = larger;
      this.#view = viewOf(larger);
    }
    this.#bytes[this.#at++] = QUOTE;
    return this.#bytes;
  }

  #close(at: number): void {
    this.#bytes[at] = QUOTE;
    this.#bytes[at + 1] = COMMA;
    this.#at = at + 2;
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
