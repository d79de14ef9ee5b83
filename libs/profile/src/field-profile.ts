import { crc32 } from 'node:zlib';
import type { ColumnType, NumberStyle } from '@millrace/dataset';
import { FormatCandidates } from './date-formats.js';
import { plainNumber, STYLES } from './number-styles.js';

const INTEGER = /^-?\d+$/;
const DECIMAL = /^-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?$/;
const EMAIL = /^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$/;
/** An integer column's bounds, and a bigint's. */
const INTEGER_RANGE = [-2_147_483_646n, 2_147_483_647n] as const;
const BIGINT_RANGE = [-(2n ** 63n), 2n ** 63n - 1n] as const;
/** How many distinct values are remembered: with more, a column is no dimension. */
const DISTINCT = 256;
/** What people write for nothing. */
export const NULL_WORDS = ['NULL', 'null', 'N/A', 'n/a', 'NA', '-', 'None', 'nan', 'NaN', '\\N'];
const IS_NULL_WORD = new Set(NULL_WORDS);
const BOOLEANS = new Set(['true', 'false', 'yes', 'no', 't', 'f', 'y', 'n']);

/** What the values of one field look like. Values come one by one; the type is the narrowest that fits all of them. */
export class FieldProfile {
  rows = 0;
  blanks = 0;
  longest_bytes = 0;
  total_bytes = 0;
  readonly null_words = new Set<string>();
  readonly distinct = new Set<string>();
  /** As long as none came twice. */
  private readonly hashes = new Set<number>();
  private readonly fits = new Set<ColumnType>(['boolean', 'integer', 'bigint', 'decimal', 'email', 'json']);
  private readonly dates = { date: new FormatCandidates('date'), timestamp: new FormatCandidates('timestamp') };
  private readonly are = { date: true, timestamp: true };
  private styles = STYLES;
  private currency = new Set<string>();
  fraction_digits = 0;
  whole_digits = 0;
  isNegative = false;

  constructor(readonly name: string) {}

  /** @param raw as it stands in the source, unquoted */
  add(raw: string): void {
    this.rows++;
    const value = raw.trim();
    if (value === '' || IS_NULL_WORD.has(value)) {
      this.blanks++;
      if (value !== '') this.null_words.add(value);
      return;
    }
    const size_bytes = Buffer.byteLength(value);
    this.total_bytes += size_bytes;
    if (size_bytes > this.longest_bytes) this.longest_bytes = size_bytes;
    this.remember(value);
    for (const type of this.fits) if (!this.holds(type, value)) this.fits.delete(type);
    if (!this.fits.has('decimal')) this.narrowStyles(value);
    for (const type of ['date', 'timestamp'] as const) {
      if (this.are[type]) this.are[type] = this.dates[type].add(value);
    }
  }

  /** No value was seen twice, by 53 bits of a hash of each. */
  get isUnique(): boolean {
    return this.hashes.size === this.values;
  }

  private remember(value: string): void {
    if (this.distinct.size <= DISTINCT) this.distinct.add(value);
    if (this.hashes.size === this.values - 1) this.hashes.add(hashOf(value));
  }

  get values(): number {
    return this.rows - this.blanks;
  }

  get type(): ColumnType {
    if (this.values === 0) return 'text';
    for (const type of ['boolean', 'integer', 'bigint', 'decimal'] as const) if (this.fits.has(type)) return type;
    for (const type of ['date', 'timestamp'] as const) {
      if (this.are[type] && !this.dates[type].isAmbiguous) return type;
    }
    if (this.style) return 'decimal';
    return this.fits.has('email') ? 'email' : this.fits.has('json') ? 'json' : 'text';
  }

  get nullable(): boolean {
    return this.blanks > 0 || this.rows === 0;
  }

  /** Of dates and timestamps. */
  get format(): string | null {
    const { type } = this;
    return type === 'date' || type === 'timestamp' ? this.dates[type].chosen : null;
  }

  /** Formats that fit all values and disagree on what they mean. */
  get ambiguous_formats(): string[] {
    if (this.values === 0) return [];
    for (const type of ['date', 'timestamp'] as const) {
      if (this.are[type] && this.dates[type].isAmbiguous) return this.dates[type].formats;
    }
    return [];
  }

  /** How numbers are spelt that are no plain digits; null when they are, or are no numbers. */
  get style(): NumberStyle | null {
    if (this.values === 0 || this.fits.has('decimal') || this.styles.length === 0) return null;
    return { ...this.styles[0], currency: [...this.currency], percent: false };
  }

  private holds(type: ColumnType, value: string): boolean {
    switch (type) {
      case 'boolean':
        return BOOLEANS.has(value.toLowerCase());
      case 'integer':
        return isWhole(value, INTEGER_RANGE);
      case 'bigint':
        return isWhole(value, BIGINT_RANGE);
      case 'decimal':
        return this.holdsDecimal(value);
      case 'email':
        return EMAIL.test(value);
      default:
        return isJson(value);
    }
  }

  private holdsDecimal(value: string): boolean {
    if (!DECIMAL.test(value) || hasLeadingZero(value)) return false;
    this.isNegative ||= value.startsWith('-');
    const [whole, fraction = ''] = value.replace('-', '').split('.');
    this.whole_digits = Math.max(this.whole_digits, whole.length);
    this.fraction_digits = Math.max(this.fraction_digits, fraction.replace(/[eE].*$/, '').length);
    return true;
  }

  private narrowStyles(value: string): void {
    this.styles = this.styles.filter((style) => {
      const found = plainNumber(value, style);
      if (found?.currency) this.currency.add(found.currency);
      return found !== undefined && !hasLeadingZero(found.digits);
    });
  }
}

function hashOf(value: string): number {
  return crc32(value) * 2 ** 21 + (crc32(`${value.length}${value}`) & 0x1fffff);
}

/** 007 is a name that is made of digits: as a number it would lose its zeros. */
function hasLeadingZero(value: string): boolean {
  return /^-?0\d/.test(value);
}

function isWhole(value: string, [least, most]: readonly [bigint, bigint]): boolean {
  if (!INTEGER.test(value) || hasLeadingZero(value) || value.length > 20) return false;
  const number = BigInt(value);
  return number >= least && number <= most;
}

function isJson(value: string): boolean {
  if (!/^[[{]/.test(value)) return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
