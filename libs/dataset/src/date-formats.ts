/** What a format may consist of, longest first; anything else in it must stand in the value as it is. */
const TOKENS = [
  'YYYY',
  'YY',
  'MMM',
  'MM',
  'M',
  'DD',
  'D',
  'HH',
  'H',
  'hh',
  'h',
  'mm',
  'ss',
  'SSSSSS',
  'SSS',
  'S',
  'A',
  'Z',
];
const TOKEN = new RegExp(TOKENS.toSorted((a, b) => b.length - a.length).join('|'), 'g');

const tokensOf = (format: string): string[] => format.match(TOKEN) ?? [];

/** Why a format cannot be read; undefined when it can. */
export function formatProblem(format: string, type: 'date' | 'timestamp'): string | undefined {
  const tokens = tokensOf(format);
  const count = (letter: string) => tokens.filter((token) => token.startsWith(letter)).length;
  for (const [letter, what] of [
    ['Y', 'a year (YYYY)'],
    ['M', 'a month (MM)'],
    ['D', 'a day (DD)'],
  ]) {
    if (count(letter) !== 1) return `${format} needs ${what}, once`;
  }
  const hours = count('H') + count('h');
  if (type === 'date' && hours + count('m') + count('s') + count('S') > 0) {
    return `${format} has a time, which a date has not: use type timestamp`;
  }
  if (type === 'timestamp' && hours !== 1) return `${format} needs an hour (HH), once`;
  if (count('h') === 1 && count('A') !== 1) return `${format}: hh needs A (am or pm)`;
  return undefined;
}

/**
 * Two formats that read some value as two different days, such as DD/MM/YYYY and MM/DD/YYYY: what the value means cannot be
 * known, so that a config may not have both.
 */
export function ambiguousPair(formats: readonly string[]): [string, string] | undefined {
  const orderOf = (format: string) =>
    tokensOf(format)
      .filter((token) => /^[YMD]/.test(token))
      .map((token) => token[0])
      .join('');
  // Day and month in digits, whatever their number: the shapes are then the same.
  const shapeOf = (format: string) =>
    format
      .replace(/MMM/g, 'b')
      .replace(/DD?|MM?/g, '#')
      .replace(/YYYY/g, 'Y')
      .replace(/YY/g, '#');
  for (const [index, a] of formats.entries()) {
    for (const b of formats.slice(index + 1)) {
      if (shapeOf(a) === shapeOf(b) && orderOf(a) !== orderOf(b)) return [a, b];
    }
  }
  return undefined;
}
