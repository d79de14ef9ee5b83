import { crc32 } from 'node:zlib';

/** What dates and timestamps commonly look like; ISO first, as it is what most sources mean to write. */
const DATES = [
  'YYYY-MM-DD',
  'YYYY/MM/DD',
  'YYYYMMDD',
  'DD.MM.YYYY',
  'DD/MM/YYYY',
  'MM/DD/YYYY',
  'DD-MM-YYYY',
  'MM-DD-YYYY',
  'D.M.YYYY',
  'D/M/YYYY',
  'M/D/YYYY',
  'DD.MM.YY',
  'DD/MM/YY',
  'MM/DD/YY',
  'DD MMM YYYY',
  'D MMM YYYY',
  'MMM D YYYY',
  'DD-MMM-YYYY',
];
const TIMES = ['HH:mm:ss', 'HH:mm', 'H:mm', 'HH:mm:ss.SSS'];

/** ISO 8601 is read without a format. */
export const ISO_TIMESTAMP = 'ISO 8601';
const ISO_TIMESTAMP_PATTERN =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?$/;

const MONTHS = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const PARTS: Record<string, string> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<year>\\d{2})',
  MMM: `(?<name>${MONTHS})`,
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  SSS: '\\d{3}',
};
const TOKEN = /YYYY|YY|MMM|MM|M|DD|D|HH|H|mm|ss|SSS/g;

interface Candidate {
  format: string;
  /** The day that a value means; undefined when the format does not fit. */
  read: (value: string) => string | undefined;
  /** Of all days read so far: two formats that read the same ones mean the same. */
  signature: number;
}

type Reader = Omit<Candidate, 'signature'>;
/** Made once: there are some ninety. */
const readers: Partial<Record<'date' | 'timestamp', Reader[]>> = {};

function readersOf(type: 'date' | 'timestamp'): Reader[] {
  if (type === 'date') return DATES.map((format) => ({ format, read: readerOf(format) }));
  const read = (value: string) => (ISO_TIMESTAMP_PATTERN.test(value) ? value.slice(0, 10) : undefined);
  const formats = DATES.flatMap((date) => TIMES.map((time) => `${date} ${time}`));
  return [{ format: ISO_TIMESTAMP, read }, ...formats.map((format) => ({ format, read: readerOf(format) }))];
}

/** Formats that fit every value so far. */
export class FormatCandidates {
  private left: Candidate[];

  constructor(type: 'date' | 'timestamp') {
    readers[type] ??= readersOf(type);
    this.left = readers[type].map((reader) => ({ ...reader, signature: 0 }));
  }

  /** @returns whether any format is left */
  add(value: string): boolean {
    this.left = this.left.filter((candidate) => {
      const day = candidate.read(value);
      if (day !== undefined) candidate.signature = crc32(day, candidate.signature);
      return day !== undefined;
    });
    return this.left.length > 0;
  }

  /** The format of all values; null when there is none, or when two would read them differently. */
  get chosen(): string | null {
    return this.left.length > 0 && !this.isAmbiguous ? this.left[0].format : null;
  }

  get isAmbiguous(): boolean {
    return new Set(this.left.map(({ signature }) => signature)).size > 1;
  }

  get formats(): string[] {
    return this.left.map(({ format }) => format);
  }
}

/** The one format that all of the values have; null when none has, or more than one with another meaning. */
export function chooseFormat(values: readonly string[], type: 'date' | 'timestamp'): string | null {
  const candidates = new FormatCandidates(type);
  return values.length > 0 && values.every((value) => candidates.add(value)) ? candidates.chosen : null;
}

function readerOf(format: string): (value: string) => string | undefined {
  const source = format.replaceAll('.', '\\.').replace(TOKEN, (token) => PARTS[token]);
  const pattern = new RegExp(`^${source}$`, 'i');
  return (value) => {
    const groups = pattern.exec(value)?.groups;
    if (!groups) return undefined;
    const { year, month, name, day, hour = '0', minute = '0', second = '0' } = groups;
    const number = name ? MONTHS.split('|').indexOf(name.toLowerCase()) + 1 : Number(month);
    const full = year.length === 2 ? Number(year) + (Number(year) < 70 ? 2000 : 1900) : Number(year);
    const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
    if (!isTime || !isDay(full, number, Number(day))) return undefined;
    return [full, String(number).padStart(2, '0'), day.padStart(2, '0')].join('-');
  };
}

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}
