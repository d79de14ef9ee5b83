/**
 * The sales rules on strings, written for speed: numbers while they are exact, BigInt for the few that are not.
 * A row comes out as a line for COPY's text format.
 */
const ODD = /[\0\\\t\n\r\x80-\xff]/;
const EMAIL = /^[^@ \t\r\n]+@[^@ \t\r\n]+\.[^@ \t\r\n]+$/;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param {string} text */
function trim(text) {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return to - from === text.length ? text : text.slice(from, to);
}

/** @param {number} code */
function isBlank(code) {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

/** Text as COPY takes it; undefined when it cannot be stored. @param {string} bytes at most `limit` of them */
function textOf(bytes, limit) {
  if (bytes.length > limit) return undefined;
  if (!ODD.test(bytes)) return bytes;
  if (bytes.includes('\0')) return undefined;
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1')).replace(/[\\\t\n\r]/g, (char) => ESCAPES[char]);
  } catch {
    return undefined;
  }
}
const ESCAPES = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** @param {string} text @returns 0 when it is no integer within 1..1e9 */
function quantityOf(text) {
  if (text.length === 0) return 0;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return 0;
    value = value * 10 + digit;
  }
  return value <= 1_000_000_000 ? value : 0;
}

/** Digits and scale of a decimal literal, zeros at its end aside; false when it is none. */
const decimal = { digits: '', scale: 0 };
function readDecimal(text) {
  let point = -1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 46 && point < 0) point = at;
    else if (code < 48 || code > 57) return false;
  }
  if (text.length === 0 || point === text.length - 1) return false;
  if (point < 0) {
    decimal.digits = text;
    decimal.scale = 0;
    return true;
  }
  let end = text.length;
  while (end > point + 1 && text.charCodeAt(end - 1) === 48) end--;
  decimal.digits = text.slice(0, point) + text.slice(point + 1, end);
  decimal.scale = end - point - 1;
  return true;
}

/** Ten-thousandths, exact; null when it is no price. @param {string} text @returns {number | bigint | null} */
function priceOf(text) {
  if (!readDecimal(text) || decimal.scale > 4) return null;
  if (decimal.digits.length <= 11) return Number(decimal.digits) * 10 ** (4 - decimal.scale) || null;
  const value = BigInt(decimal.digits) * 10n ** BigInt(4 - decimal.scale);
  return value > 0n && value < 10n ** 18n ? value : null;
}

/** round(quantity * price * (1 - discount / 100), 2) as text. `decimal` holds the discount. */
function revenueOf(quantity, price, digits, scale) {
  if (scale <= 4 && typeof price === 'number') {
    const rest = 1_000_000 - Number(digits) * 10 ** (4 - scale);
    const scaled = quantity * price * rest + 50_000_000;
    if (scaled <= Number.MAX_SAFE_INTEGER) return literal((scaled - (scaled % 100_000_000)) / 100_000_000, 100);
  }
  const unit = 10n ** BigInt(scale);
  const dividend = BigInt(quantity) * BigInt(price) * (100n * unit - BigInt(digits));
  const cents = (2n * dividend + 10_000n * unit) / (20_000n * unit);
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
}

function literal(scaled, unit) {
  const fraction = scaled % unit;
  return `${(scaled - fraction) / unit}.${String(fraction + unit).slice(1)}`;
}

/** @param {string} text */
function isDate(text) {
  if (text.length !== 10 || !/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const year = +text.slice(0, 4);
  const month = +text.slice(5, 7);
  const day = +text.slice(8);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

export class SaleCleaner {
  #dates = new Map();
  #places;

  /** @param {string[]} header */
  constructor(header) {
    const names = header.map(trim);
    this.#places = [
      'order_id',
      'product_name',
      'category',
      'quantity',
      'unit_price',
      'discount_percent',
      'region',
      'sale_date',
      'customer_email',
    ].map((name) => names.indexOf(name));
    this.width = names.length;
  }

  /** @param {string[]} fields @returns {string | undefined} the order id, ready for COPY; undefined = rejected */
  keyOf(fields) {
    if (fields.length !== this.width) return undefined;
    return textOf(trim(fields[this.#places[0]]), 512) || undefined;
  }

  /** @param {string[]} fields @returns {string | undefined} the columns behind the order id, tabs between; undefined = rejected */
  restOf(fields) {
    const at = this.#places;
    const quantity = quantityOf(trim(fields[at[3]]));
    if (quantity === 0) return undefined;
    const price = priceOf(trim(fields[at[4]]));
    if (price === null) return undefined;
    const { digits, scale } = discountOf(trim(fields[at[5]]));
    const date = this.#dateOf(trim(fields[at[7]]));
    const product = textOf(trim(fields[at[1]]), 512) || 'unknown_product';
    const category = textOf(trim(fields[at[2]]), 512) || 'unknown';
    const region = textOf(trim(fields[at[6]]), 512) || 'north';
    const email = trim(fields[at[8]]);
    const mail = (EMAIL.test(email) && textOf(email, Number.POSITIVE_INFINITY)) || '\\N';
    const money =
      typeof price === 'number'
        ? literal(price, 10_000)
        : `${price / 10_000n}.${String(price % 10_000n).padStart(4, '0')}`;
    const discount = scale === 0 ? digits : `${digits}e-${scale}`;
    return `${product}\t${category}\t${quantity}\t${money}\t${discount}\t${region}\t${date}\t${date.slice(0, 7)}\t${mail}\t${revenueOf(quantity, price, digits, scale)}`;
  }

  #dateOf(text) {
    const known = this.#dates.get(text);
    if (known !== undefined) return known;
    const date = isDate(text) ? text : '1970-01-01';
    if (this.#dates.size < 100_000) this.#dates.set(text, date);
    return date;
  }
}

const NO_DISCOUNT = { digits: '0', scale: 0 };

function discountOf(text) {
  if (!readDecimal(text)) return NO_DISCOUNT;
  const { digits, scale } = decimal;
  if (digits.length - scale <= 2) return decimal;
  return BigInt(digits) <= 100n * 10n ** BigInt(scale) ? decimal : NO_DISCOUNT;
}
