import { describe, expect, it } from 'vitest';
import { chooseFormat, ISO_TIMESTAMP } from './date-formats.js';
import { profileFields } from './infer-fields.js';
import { safeDatasetName, safeName } from './safe-names.js';

const profileOf = (...values: string[]) =>
  profileFields(
    ['x'],
    values.map((value) => [value]),
  )[0];
const typeOf = (...values: string[]) => profileOf(...values).type;

describe('the type of a field', () => {
  it.each<[string, string[]]>([
    ['integer', ['1', '-5', '2147483647']],
    ['bigint', ['1', '2147483648']],
    ['decimal', ['1', '9223372036854775808']],
    ['decimal', ['1', '2.50', '-.5', '1e3']],
    ['boolean', ['true', 'No', 'y']],
    ['integer', ['0', '1']],
    ['date', ['2026-01-31', '2026-02-28']],
    ['timestamp', ['2026-01-31 10:00', '2026-01-31T10:00:00.123Z']],
    ['email', ['a@b.example', 'c.d@e.f.example']],
    ['json', ['{"a": 1}', '[1, 2]']],
    ['text', ['{"a": 1}', 'x']],
    ['text', ['007', '12']],
    ['text', ['2026-02-30']],
    ['text', []],
    ['text', ['', 'NULL']],
  ])('is %s for %j', (type, values) => {
    expect(typeOf(...values)).toBe(type);
  });

  it('widens with every value that does not fit', () => {
    expect(typeOf('1')).toBe('integer');
    expect(typeOf('1', '3000000000')).toBe('bigint');
    expect(typeOf('1', '3000000000', '0.5')).toBe('decimal');
    expect(typeOf('1', '3000000000', '0.5', 'n. a.')).toBe('text');
  });

  it('leaves blanks and words for nothing aside, and tells of them', () => {
    const profile = profileOf('1', '', 'N/A', '-', '2');
    expect(profile).toMatchObject({ type: 'integer', nullable: true, blanks: 3, values: 2 });
    expect([...profile.null_words]).toEqual(['N/A', '-']);
  });

  it.each([
    [['1,234.50', '12'], { decimal: '.', thousands: ',', currency: [], percent: false }],
    [['1.234,50 €', '12,00 €'], { decimal: ',', thousands: '.', currency: ['€'], percent: false }],
    [['$1,234.50', '$-2'], { decimal: '.', thousands: ',', currency: ['$'], percent: false }],
  ])('is decimal in a style of its own for %j', (values, style) => {
    expect(profileOf(...values)).toMatchObject({ type: 'decimal', style });
  });
});

describe('a date format', () => {
  it('is the one that fits all values', () => {
    expect(chooseFormat(['31/01/2026', '01/02/2026'], 'date')).toBe('DD/MM/YYYY');
    expect(chooseFormat(['01/31/2026', '01/02/2026'], 'date')).toBe('MM/DD/YYYY');
    expect(chooseFormat(['1.2.2026', '31.12.2026'], 'date')).toBe('D.M.YYYY');
    expect(chooseFormat(['3 Jan 2026', '12 Dec 2026'], 'date')).toBe('D MMM YYYY');
    expect(chooseFormat(['2026-01-31 10:00:00', '2026-01-31T10:00Z'], 'timestamp')).toBe(ISO_TIMESTAMP);
    expect(chooseFormat(['31/01/2026 10:00', '01/02/2026 09:30'], 'timestamp')).toBe('DD/MM/YYYY HH:mm');
  });

  it('is none when two read the values as different days, and those are told', () => {
    expect(chooseFormat(['01/02/2026', '03/04/2026'], 'date')).toBeNull();
    const profile = profileOf('01/02/2026', '03/04/2026');
    expect(profile).toMatchObject({ type: 'text', format: null });
    expect(profile.ambiguous_formats).toEqual(expect.arrayContaining(['DD/MM/YYYY', 'MM/DD/YYYY']));
    expect(chooseFormat(['05/05/2026'], 'date')).toBe('DD/MM/YYYY');
  });

  it('is none for what is no day', () => {
    expect(chooseFormat(['31/02/2026'], 'date')).toBeNull();
    expect(chooseFormat([], 'date')).toBeNull();
  });
});

describe('a safe name', () => {
  it('is snake case, free, and at most 63 bytes', () => {
    const taken = new Set<string>();
    expect(safeName('Unit Price (EUR)', taken, 'column')).toBe('unit_price_eur');
    expect(safeName('unit-price eur', taken, 'column')).toBe('unit_price_eur_2');
    expect(safeName('', taken, 'column')).toBe('column');
    expect(safeName('2026 sales', taken, 'table')).toBe('table_2026_sales');
    const long = 'ü'.repeat(80);
    for (let copy = 0; copy < 12; copy++) expect(Buffer.byteLength(safeName(long, taken, 'c'))).toBeLessThanOrEqual(63);
    expect(taken.size).toBe(16);
  });

  it('of a dataset fits the name of a topic', () => {
    for (const name of ['Größe & Maß.csv', '数据', '1', '_x', 'a'.repeat(200)]) {
      expect(safeDatasetName(name, new Set())).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
    }
  });
});
