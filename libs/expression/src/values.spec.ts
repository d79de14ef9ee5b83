import { describe, expect, it } from 'vitest';
import { type Cells, columns, row } from './testing/one-of-each.js';
import { evaluateRows, type TestColumn } from './testing/table.js';

/** One row's value; texts are tried in both encodings. */
function value(text: string, cells: Cells, target: TestColumn = { type: 'text' }): string | null {
  const results = [false, true].map(
    (dictionary) => evaluateRows(text, columns, [row(cells)], { ...target, dictionary }, { dictionary }).cells[0],
  );
  expect(results[1]).toBe(results[0]);
  return results[0];
}

describe('texts', () => {
  it.each([
    ['t || u', 'ab', 'cd', 'abcd'],
    ['upper(t)', 'straße ǆ é', '', 'STRAßE Ǆ É'],
    ['lower(t)', 'ÀİΣ', '', 'àİσ'],
    ['length(t)::text', 'a𝄞b', '', '3'],
    ['substr(t, 2, 2)', 'a𝄞bc', '', '𝄞b'],
    ['substr(t, 0)', 'abc', '', 'abc'],
    ['substr(t, -1, 3)', 'abc', '', 'a'],
    ['left(t, -1) || right(t, -1)', 'a𝄞', '', 'a𝄞'],
    ['left(t, 99) || right(t, 99)', 'ab', '', 'abab'],
    ["replace(t, 'a', '$&$1')", 'banana', '', 'b$&$1n$&$1n$&$1'],
    ["replace(t, '', 'x')", 'abc', '', 'abc'],
    ["split_part(t, ', ', 2)", 'a, b, c', '', 'b'],
    ["split_part(t, ',', 9)", 'a,b', '', ''],
    ["split_part(t, ',', -1)", 'a,b', '', 'b'],
    ['trim(t)', '  a b ', '', 'a b'],
    ['trim(t, u)', 'xyaxy', 'yx', 'a'],
    ['ltrim(t, u) || rtrim(t, u)', '𝄞a𝄞', '𝄞', 'a𝄞𝄞a'],
    ['concat(t, i, u, true)', 'a', 'b', 'abt'],
    ['strpos(t, u)::text', 'x𝄞yz', 'z', '4'],
    ["case when starts_with(t, u) then 'yes' else 'no' end", 'abc', 'ab', 'yes'],
    ["'it''s \\n ' || t", 'ok', '', "it's \\n ok"],
  ])('%s of %j and %j is %j', (text, t, u, wanted) => {
    expect(value(text, { t, u })).toBe(wanted);
  });

  it.each([
    ['abc', 'abc', true],
    ['abc', 'a%', true],
    ['abc', '%c', true],
    ['abc', '_b_', true],
    ['abc', 'b%', false],
    ['abc', '%b', false],
    ['aXbXc', 'a%X%c', true],
    ['aXb', 'a%X%X%b', false],
    ['aa', 'a%a%a', false],
    ['a%c', 'a\\%c', true],
    ['abc', 'a\\%c', false],
    ['a\\c', 'a\\\\c', true],
    ['𝄞', '_', true],
    ['', '%', true],
    ['', '_', false],
    ['a\nb', 'a%b', true],
    ['xabyab', '%ab', true],
  ])('%j like %j: %s', (t, pattern, wanted) => {
    expect(value(`t like '${pattern}'`, { t }, { type: 'boolean' })).toBe(String(wanted));
    expect(value(`t not like '${pattern}'`, { t }, { type: 'boolean' })).toBe(String(!wanted));
  });

  it('ilike has no regard to case', () => {
    expect(value("t ilike 'äB%'", { t: 'Äbc' }, { type: 'boolean' })).toBe('true');
  });

  it('like does not look back: a pattern of many % ends soon', () => {
    const t = 'a'.repeat(100_000);
    expect(value(`t like '${'%a'.repeat(500)}%b'`, { t }, { type: 'boolean' })).toBe('false');
  });

  it('are ordered by code points, as COLLATE "C" does', () => {
    expect(value('t < u', { t: '\uffee', u: '𝄞' }, { type: 'boolean' })).toBe('true');
    expect(value('t < u', { t: 'Z', u: 'a' }, { type: 'boolean' })).toBe('true');
    expect(value('greatest(t, u)', { t: 'é', u: 'z' })).toBe('é');
  });

  it('fail where PostgreSQL has an error', () => {
    expect(value('substr(t, 1, i)', { t: 'abc', i: '-1' })).toBe('!');
    expect(value("split_part(t, ',', i)", { t: 'abc', i: '0' })).toBe('!');
  });

  it('fail rather than grow beyond a record', () => {
    expect(value("replace(t, 'a', u)", { t: 'a'.repeat(5000), u: 'b'.repeat(5000) })).toBe('!');
  });

  it('fail when they are longer than the column takes, in bytes', () => {
    const target = { type: 'text', max_bytes: 4 } as const;
    const rows = ['aaaa', 'aaaaa', 'éé', 'ééé'].map((t) => row({ t }));
    expect(evaluateRows('t', columns, rows, target).cells).toEqual(['aaaa', '!', 'éé', '!']);
  });

  it('_file is the path of the source', () => {
    const { cells } = evaluateRows(
      "split_part(_file, '/', -1)",
      columns,
      [row({})],
      { type: 'text' },
      { file: 'in/web_1.csv' },
    );
    expect(cells).toEqual(['web_1.csv']);
  });

  it('take each distinct value of a dictionary once', () => {
    const rows = ['b', 'a', 'b', null, 'c', 'a'].map((t) => columns.map(({ name }) => (name === 't' ? t : null)));
    const { cells, column: into } = evaluateRows("upper(t) || '!'", columns, rows, { type: 'text', dictionary: true });
    expect(cells).toEqual(['B!', 'A!', 'B!', null, 'C!', 'A!']);
    expect(into).toMatchObject({ entries: { count: 3 } });
  });
});

describe('casts', () => {
  it.each([
    ['t::integer', ' -12 ', 'integer', '-12'],
    ['t::integer', '2147483648', 'integer', '!'],
    ['t::integer', '1.5', 'integer', '!'],
    ['t::integer', '', 'integer', '!'],
    ['t::bigint', '9223372036854775807', 'bigint', '9223372036854775807'],
    ['t::bigint', '9223372036854775808', 'bigint', '!'],
    ['t::decimal(6,2)', '1234.565', 'decimal', '1234.5700'],
    ['t::decimal(6,2)', '12345', 'decimal', '!'],
    ['t::decimal', '+1.5e3', 'decimal', '1500.0000'],
    ['t::decimal', 'NaN', 'decimal', '!'],
    ['t::decimal', '1e999999', 'decimal', '!'],
    ['t::boolean', ' YES', 'boolean', 'true'],
    ['t::boolean', 'of', 'boolean', 'false'],
    ['t::boolean', 'o', 'boolean', '!'],
    ['t::date', '2024-02-29', 'date', '2024-02-29'],
    ['t::date', '2023-02-29', 'date', '!'],
    ['t::date', '2024-2-9', 'date', '!'],
    ['t::timestamp', '2024-02-29T10:20:30.5Z', 'timestamp', '2024-02-29 10:20:30.5'],
    ['t::timestamp', '2024-02-29 10:20', 'timestamp', '2024-02-29 10:20:00'],
    ['t::timestamp', '2024-02-29 25:00', 'timestamp', '!'],
    ['t::timestamp', '2024-02-29 10:00+02', 'timestamp', '!'],
  ] as const)('%s of %j as %s is %j', (text, t, type, wanted) => {
    expect(value(text, { t }, { type })).toBe(wanted);
  });

  it('NULL stays NULL', () => {
    for (const type of ['integer', 'bigint', 'decimal', 'boolean', 'date', 'timestamp'] as const) {
      expect(value(`t::${type}`, {}, { type })).toBeNull();
    }
  });

  it('write numbers with the digits of their type', () => {
    expect(
      value("p || ' ' || p * 2.50 || ' ' || round(p / 3, 3) || ' ' || ceil(p) || ' ' || - i", { p: '1.10', i: '5' }),
    ).toBe('1.10 2.7500 0.367 2 -5');
    expect(value('p::text', { p: '-0.05' })).toBe('-0.05');
    expect(value('n::text', { n: '-9223372036854775808' })).toBe('-9223372036854775808');
    expect(value('t::decimal::text', { t: '1.500' })).toBe('1.5');
  });
});

describe('dates', () => {
  it.each([
    ["date_trunc('week', d)", '2024-01-01'],
    ["date_trunc('quarter', d + 45)", '2024-01-01'],
    ["date_trunc('year', d - 7)", '2023-01-01'],
  ])('%s of 2024-01-06 is %s', (text, wanted) => {
    expect(value(text, { d: '2024-01-06' }, { type: 'date' })).toBe(wanted);
  });

  it.each([
    ["to_char(d, 'YYYY-MM')", '2021-01'],
    ['month(d)', '2021-01'],
    ['to_char(d, \'IYYY-"W"IW ID\')', '2020-W53 7'],
    ["to_char(d, 'DD.MM.YY Q DDD Mon Dy')", '03.01.21 1 003 Jan Sun'],
    ["to_char(d::timestamp, 'HH24:MI:SS')", '00:00:00'],
  ])('%s of 2021-01-03 is %s', (text, wanted) => {
    expect(value(text, { d: '2021-01-03' })).toBe(wanted);
  });

  it('agree with the calendar of JavaScript on every day of 800 years', () => {
    const rows = Array.from({ length: 16_000 }, (_, index) => {
      const day = new Date(Date.UTC(1600, 0, 1) + index * 18 * 86_400_000);
      return row({ d: day.toISOString().slice(0, 10) });
    });
    const text = "d::text || extract(dow from d) || ' ' || extract(doy from d) || ' ' || date_trunc('month', d)";
    const { cells } = evaluateRows(text, columns, rows, { type: 'text' });
    const wanted = rows.map((cells) => {
      const [day] = cells.filter((cell) => cell !== null);
      const date = new Date(`${day}T00:00:00Z`);
      const first = Date.UTC(date.getUTCFullYear(), 0, 1);
      return `${day}${date.getUTCDay()} ${(date.getTime() - first) / 86_400_000 + 1} ${day.slice(0, 8)}01`;
    });
    expect(cells).toEqual(wanted);
  });

  it('fail outside of the years 1 to 9999', () => {
    expect(value('d + 1', { d: '9999-12-31' }, { type: 'date' })).toBe('!');
    expect(value('d - 1', { d: '0001-01-01' }, { type: 'date' })).toBe('!');
    expect(value('extract(year from d + i)', { d: '2000-01-01', i: '2147483647' }, { type: 'integer' })).toBe('!');
  });

  it('of timestamps that lanes do not hold are exact, too', () => {
    const s = '9999-12-31 23:59:59.999999';
    expect(value('s', { s }, { type: 'timestamp' })).toBe(s);
    expect(value("date_trunc('hour', s)", { s }, { type: 'timestamp' })).toBe('9999-12-31 23:00:00');
    expect(value('extract(second from s)', { s }, { type: 'decimal', scale: 6 })).toBe('59.999999');
  });
});
