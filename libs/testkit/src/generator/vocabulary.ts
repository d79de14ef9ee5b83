/**
 * The words that orders are made of. Raw text is kept as one character a byte (latin1 of UTF-8), so that lines are
 * put together as plain strings and invalid bytes need no special case.
 */
export interface Product {
  name: string;
  /** How the name may stand in a file; the first is the usual one. */
  raw: string[];
  category: number;
  base_price_cents: number;
}

export const CATEGORIES = [
  'furniture',
  'kitchen',
  'garden',
  'toys',
  'sports',
  'books',
  'clothing',
  'beauty',
  'grocery',
  'electronics',
  'office',
  'automotive',
  'unknown',
];
export const UNKNOWN_CATEGORY = CATEGORIES.indexOf('unknown');

/** Case is kept, so the same region in capitals is another region. */
export const REGIONS = ['north', 'south', 'east', 'west', 'central', 'NORTH', 'West'];
export const USUAL_REGIONS = 5;
export const CAPITAL_REGIONS = [5, 6];

const KINDS =
  'Oak Pine Steel Glass Linen Cotton Blue Red Green Black White Mini Maxi Smart Solar Rapid Quiet Soft Twin Nordic';
const THINGS =
  'Desk Lamp Chair Kettle Mug Rake Puzzle Ball Novel Jacket Soap Coffee Monitor Stapler Wiper Shelf Pan Hose Kite Racket Atlas Scarf Cream Tea Cable';

/** [name, how it stands in a file ...]: commas, newlines, doubled, stray and closed-too-early quotes, UTF-8. */
const SPECIAL: [string, ...string[]][] = [
  ['Desk, oak', '"Desk, oak"'],
  ['Monitor 24"', '"Monitor 24"""', 'Monitor 24"'],
  ['The "Best" Mug', '"The ""Best"" Mug"', 'The "Best" Mug'],
  ['Lamp\nwide', '"Lamp\nwide"'],
  ['Shelf\r\n3 boards', '"Shelf\r\n3 boards"'],
  ['Rake, 14", red', '"Rake, 14"", red"'],
  ['Kettle 2l', '"Kettle" 2l', 'Kettle 2l'],
  ['Café crème', 'Café crème', '"Café crème"'],
  ['Größe XL Jacke', 'Größe XL Jacke'],
  ['緑茶', '緑茶'],
  ['Tea 🍵', 'Tea 🍵', '" Tea 🍵 "'],
  ['# not a comment', '# not a comment'],
];

export const UNKNOWN_PRODUCT_NAME = 'unknown_product';

export const PRODUCTS: Product[] = [
  ...KINDS.split(' ').flatMap((kind) => THINGS.split(' ').map((thing) => [`${kind} ${thing}`])),
  ...SPECIAL,
  [UNKNOWN_PRODUCT_NAME],
].map(([name, ...raw], index) => ({
  name,
  raw: (raw.length ? raw : [name]).map(bytesOf),
  category: index % UNKNOWN_CATEGORY,
  base_price_cents: 150 + ((index * 7919) % 40_000),
}));
export const UNKNOWN_PRODUCT = PRODUCTS.length - 1;

/** Two years of dates and, last, the date that stands for a missing one. */
export const DAYS = [
  ...Array.from({ length: 731 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10)),
  '1970-01-01',
];
export const UNKNOWN_DAY = DAYS.length - 1;
export const MONTHS = [...new Set(DAYS.map((day) => day.slice(0, 7)))];
export const MONTH_OF_DAY = DAYS.map((day) => MONTHS.indexOf(day.slice(0, 7)));

export const CUSTOMERS =
  'anna ben cleo dana emil fay gus hana ivo jane kim lars mia noor otto pia rui sara tim una'.split(' ');
export const MAIL_HOSTS = ['example.com', 'example.org', 'mail.example.com', 'customers.test'];

/** Discounts as they stand in files, most of them 0; at most 4 decimals. */
export const DISCOUNTS = [
  '0',
  '0',
  '0',
  '0',
  '0',
  '5',
  '5',
  '10',
  '10',
  '15',
  '20',
  '25',
  '50',
  '12.5',
  '7.25',
  '33.3333',
];

/** One character for each UTF-8 byte. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

export function quoted(raw: string): string {
  return `"${raw.replaceAll('"', '""')}"`;
}
