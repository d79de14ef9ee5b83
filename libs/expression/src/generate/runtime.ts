import { DAY_US, dateText, extractField, readDate, timeText, truncDays, truncTime } from '../calendar.js';
import { matchesLike } from '../like.js';
import { readBoolean, readInstant } from '../literals.js';
import { bufferOf } from '../rows.js';
import { TEXT_CALLS } from '../text-calls.js';
import { compareText } from '../text-functions.js';
import { toChar } from '../to-char.js';
import { type Entries, LANE_MAX } from '../vectors.js';

/** The texts of a dictionary's entries, each made when it is first asked for. */
class EntryTexts {
  readonly #texts: (string | undefined)[];
  readonly #bytes: Buffer;

  constructor(readonly entries: Entries) {
    this.#texts = new Array(entries.count);
    this.#bytes = bufferOf(entries.view);
  }

  at(code: number): string {
    const made = this.#texts[code];
    if (made !== undefined) return made;
    const text = this.#bytes.toString('utf8', this.entries.start[code], this.entries.end[code]);
    this.#texts[code] = text;
    return text;
  }
}

const PLAIN_NUMBER = /^[+-]?\d{1,15}(?:\.\d{1,15})?$/;
/** Digits of which any sum of powers of ten is exact. */
const DIGITS = 15;

/** The number times 10^scale; NaN for what the exact evaluator had better look at. */
function readScaled(text: string, scale: number): number {
  if (!PLAIN_NUMBER.test(text)) return Number.NaN;
  const point = text.indexOf('.');
  const whole = point < 0 ? text : text.slice(0, point);
  const fraction = point < 0 ? '' : text.slice(point + 1);
  if (fraction.length > scale || whole.length + scale > DIGITS) return Number.NaN;
  return Number(`${whole}${fraction.padEnd(scale, '0')}`);
}

/** A scaled number as a literal of so many digits; null: without trailing zeros. */
function numberText(value: number, scale: number, digits: number | null): string {
  const text = String(Math.abs(value)).padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  let fraction = text.slice(text.length - scale);
  if (digits === null) fraction = fraction.replace(/0+$/, '');
  return `${value < 0 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

const DAYS_KEPT = 4096;
const dayTexts = new Map<string, Map<number, string>>();

/** to_char() of dates: a chunk has few days, and many rows of each. */
function dayText(pattern: string, days: number): string {
  let texts = dayTexts.get(pattern);
  if (!texts) {
    texts = new Map();
    dayTexts.set(pattern, texts);
  }
  let text = texts.get(days);
  if (text === undefined) {
    if (texts.size >= DAYS_KEPT) texts.clear();
    text = toChar(pattern, days, 0);
    texts.set(days, text);
  }
  return text;
}

const daysOfInstant = (micros: number): number => Math.floor(micros / DAY_US);
const timeOfInstant = (micros: number): number => micros - daysOfInstant(micros) * DAY_US;

/** What generated code calls. Null and NaN: the row is left to the exact evaluator. */
export const RUNTIME = {
  ...TEXT_CALLS,
  entryTexts: (entries: Entries): EntryTexts => new EntryTexts(entries),
  compareText,
  matchesLike,
  readScaled,
  numberText,
  readBoolean: (text: string): boolean | null => readBoolean(text),
  readDate: (text: string): number | null => readDate(text),
  readInstant: (text: string): number | null => {
    const micros = readInstant(text);
    return micros === null || micros > LANE_MAX || micros < -LANE_MAX ? null : Number(micros);
  },
  dateText,
  instantText: (micros: number): string => `${dateText(daysOfInstant(micros))} ${timeText(timeOfInstant(micros))}`,
  daysOfInstant,
  truncDays,
  truncInstant: (field: string, micros: number): number =>
    truncDays(field, daysOfInstant(micros)) * DAY_US + truncTime(field, timeOfInstant(micros)),
  extractDay: (field: string, days: number): number => extractField(field, days, 0),
  extractInstant: (field: string, micros: number): number =>
    extractField(field, daysOfInstant(micros), timeOfInstant(micros)),
  dayText,
  instantChars: (pattern: string, micros: number): string =>
    toChar(pattern, daysOfInstant(micros), timeOfInstant(micros)),
};
