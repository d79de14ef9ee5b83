/*
 * The value rules once more, on strings, regular expressions and BigInt: nothing here is shared with what it checks.
 * Each reader answers the canonical text, or the code of the reject.
 */

export interface NaiveNumber {
  scale: number;
  precision: number;
  rounding: 'reject' | 'half_up' | 'half_even' | 'down';
  min?: bigint;
  max?: bigint;
}

/** @param rules.min @param rules.max whole numbers */
export function readDecimal(text: string, rules: NaiveNumber): string {
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (!match || !(match[2] || match[3])) return 'not_decimal';
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const power = BigInt(exponent) - BigInt(fraction.length);
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return '0';
  if (power > 500n) return 'out_of_range';
  // units / one, in units of the scale.
  const shift = power + BigInt(rules.scale);
  const one = shift < 0n ? 10n ** -shift : 1n;
  const units = shift < 0n ? digits : digits * 10n ** shift;
  let scaled = units / one;
  const rest = units % one;
  if (rest !== 0n) {
    if (rules.rounding === 'reject') return 'out_of_range';
    const up =
      rules.rounding === 'half_up' ? 2n * rest >= one : 2n * rest > one || (2n * rest === one && scaled % 2n === 1n);
    if (up && rules.rounding !== 'down') scaled++;
  }
  if (scaled >= 10n ** BigInt(rules.precision)) return 'out_of_range';
  if (sign === '-') scaled = -scaled;
  const factor = 10n ** BigInt(rules.scale);
  if (rules.min !== undefined && scaled < rules.min * factor) return 'out_of_range';
  if (rules.max !== undefined && scaled > rules.max * factor) return 'out_of_range';
  return plain(scaled, rules.scale);
}

function plain(scaled: bigint, scale: number): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = digits.slice(point).replace(/0+$/, '');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, point)}${fraction && `.${fraction}`}`;
}

/** A number in the style of `1.234,50 EUR` as a plain one; null when it is none. */
export function readStyled(text: string): string | null {
  const number = '(?:[0-9]*|[1-9][0-9]{0,2}(?:\\.[0-9]{3})+)(?:,[0-9]+)?';
  const forms = [
    `^(?<sign>[+-]?) *(?:EUR)? *(?<body>${number}) *$`,
    `^(?:EUR)? *(?<sign>[+-]?) *(?<body>${number}) *$`,
    `^(?<sign>[+-]?) *(?<body>${number}) *(?:EUR)?$`,
    `^(?<open>[(]) *(?:EUR)? *(?<body>${number}) *[)]$`,
    `^(?<open>[(]) *(?<body>${number}) *(?:EUR)? *[)]$`,
    `^(?:EUR)? *(?<open>[(]) *(?<body>${number}) *[)]$`,
    `^(?:EUR)? *(?<body>${number}) *(?<behind>-)$`,
    `^(?<body>${number}) *(?:EUR)? *(?<behind>-)$`,
    `^(?<body>${number}) *(?<behind>-) *(?:EUR)?$`,
  ];
  for (const form of forms) {
    const groups = new RegExp(form).exec(text)?.groups;
    if (!groups || groups.body === '') continue;
    const negative = groups.sign === '-' || groups.open || groups.behind;
    return `${negative ? '-' : ''}${groups.body.replaceAll('.', '').replace(',', '.')}`;
  }
  return null;
}

/** ISO 8601, in UTC unless it names a zone. */
export function readTimestamp(text: string): string {
  const match =
    /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?(?: ?(?:[Zz]|([+-])([0-9]{2})(?::?([0-9]{2}))?))?)?$/.exec(
      text,
    );
  if (!match) return 'not_timestamp';
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const fraction = (match[7] ?? '').replace(/0+$/, '');
  const zone = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0);
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59 || fraction.length > 6)
    return 'not_timestamp';
  if (Number(match[9] ?? 0) > 15 || Number(match[10] ?? 0) > 59) return 'not_timestamp';
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - (match[8] === '-' ? -zone : zone), second);
  if (date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999) return 'not_timestamp';
  return `${date.toISOString().slice(0, 19)}${fraction && `.${fraction}`}Z`;
}

/** D.M.YYYY, or YYYYMMDD. */
export function readDate(text: string): string {
  const dotted = /^([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})$/.exec(text);
  const plainDate = /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(text);
  const parts = dotted ? [dotted[3], dotted[2], dotted[1]] : plainDate?.slice(1, 4);
  if (!parts) return 'not_date';
  const [year, month, day] = parts.map(Number);
  if (!isDay(year, month, day)) return 'not_date';
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1) return false;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
