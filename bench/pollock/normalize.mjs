/**
 * `normalize_cell` of the Pollock benchmark: what makes two spellings of a value one. Ported for what the benchmark's files hold: the original
 * tries a general date parser and a general price parser on every cell, which this does for the dates, times and prices that there are.
 */

const INTEGER = /^[+-]?\d+(_\d+)*$/;
const FLOAT = /^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$/i;
const NOT_FINITE = /^([+-]?)(inf|infinity|nan)$/i;
const DAY_FIRST = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/;
const YEAR_FIRST = /^(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})$/;
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/;
/** The first number of a text that names a currency is its amount. */
const AMOUNT = /\d[\d\s.,]*/;

/** @type {Map<string, string>} */
const known = new Map();

/** @param {string} cell */
export function normalizeCell(cell) {
  let normal = known.get(cell);
  if (normal === undefined) {
    normal = normalize(cell);
    known.set(cell, normal);
  }
  return normal;
}

/** @param {string} cell */
function normalize(cell) {
  const text = cell.trim();
  if (text === '') return cell.toLowerCase();
  if (cell === 'True' || cell === 'true' || cell === '1') return '1';
  if (cell === 'False' || cell === 'false' || cell === '0') return '0';
  if (INTEGER.test(text)) return normalizeInteger(text);
  if (FLOAT.test(text)) return floatText(Number(text.replaceAll('_', '')));
  if (NOT_FINITE.test(text)) return text.toLowerCase().replace('infinity', 'inf').replace('+', '');
  return normalizeDate(text) ?? normalizePrice(cell) ?? cell.toLowerCase();
}

/** @param {string} text */
function normalizeInteger(text) {
  const value = BigInt(text.replaceAll('_', '').replace(/^\+/, ''));
  // Zero and one count as booleans, however they are spelt.
  if (value === 0n) return 'False';
  return value === 1n ? 'True' : String(value);
}

/** As Python prints it. @param {number} value */
function floatText(value) {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}

/** @param {string} text */
function normalizeDate(text) {
  const time = TIME.exec(text);
  if (time) {
    const [hour, minute, second] = [time[1], time[2], time[3] ?? 0].map(Number);
    return hour < 24 && minute < 60 && second < 60 ? `time ${hour}:${minute}:${second}` : undefined;
  }
  const day_first = DAY_FIRST.exec(text);
  const year_first = YEAR_FIRST.exec(text);
  if (!day_first && !year_first) return undefined;
  const [, a, b, c] = (day_first ?? year_first ?? []).map(Number);
  if (year_first) return isoDate(a, b, c);
  // The month stands first where it can.
  return a <= 12 ? isoDate(c, a, b) : isoDate(c, b, a);
}

/** @param {number} year @param {number} month @param {number} day */
function isoDate(year, month, day) {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : undefined;
}

/** @param {string} cell */
function normalizePrice(cell) {
  const amount = cell.includes('$') ? AMOUNT.exec(cell)?.[0] : undefined;
  if (amount === undefined) return undefined;
  const digits = amount.replace(/\s/g, '').replace(/[.,]+$/, '');
  const decimals = /[.,](\d{1,2}|\d{4,})$/.exec(digits);
  const whole = (decimals ? digits.slice(0, decimals.index) : digits).replace(/[.,]/g, '');
  return `$${floatText(Number(`${whole}.${decimals?.[1] ?? 0}`))}`;
}
