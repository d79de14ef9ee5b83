import { openDatabase } from '@millrace/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExpressionColumn } from '../../libs/expression/src/index.js';
import { column, evaluateRows } from '../../libs/expression/src/testing/table.js';

/** The rows that each expression is computed for, by us and by PostgreSQL. */
const columns = [
  column('i', { type: 'integer' }),
  column('j', { type: 'integer' }),
  column('n', { type: 'bigint' }),
  column('p', { type: 'decimal', precision: 10, scale: 2 }),
  column('q', { type: 'decimal', precision: 12, scale: 4 }),
  column('t', { type: 'text' }),
  column('u', { type: 'text' }),
  column('b', { type: 'boolean' }),
  column('d', { type: 'date' }),
  column('e', { type: 'date' }),
  column('s', { type: 'timestamp' }),
];
const rows: (string | null)[][] = [
  [
    '7',
    '2',
    '9007199254740993',
    '12.50',
    '0.0001',
    'Abc def',
    'b',
    'true',
    '2024-02-29',
    '2023-12-31',
    '2024-02-29 23:59:59.5',
  ],
  [
    '-7',
    '2',
    '-9223372036854775808',
    '-12.55',
    '33.3333',
    ' x ',
    'x',
    'false',
    '1999-12-31',
    '2000-01-01',
    '1969-12-31 23:59:59.999999',
  ],
  ['0', '0', '0', '0.00', '0.0000', '', '', 'true', '0001-01-01', '9999-12-31', '0001-01-01 00:00:00'],
  [null, null, null, null, null, null, null, null, null, null, null],
  [
    '2147483647',
    '-1',
    '9223372036854775807',
    '99999999.99',
    '-99999999.9999',
    'a%b_c\\d',
    '%',
    'false',
    '2020-12-28',
    '2021-01-03',
    '9999-12-31 12:00:01',
  ],
  ['1', null, '5', null, '2.5000', 'ä€𝄞z', '𝄞', null, null, '2024-12-30', null],
  ['100', '7', '42', '2.50', '-2.5000', '12.345', '3', 'true', '2024-12-30', '2024-01-01', '2024-12-30 00:00:00'],
  [
    '-2147483646',
    '3',
    '-1',
    '-0.01',
    '1.0000',
    'a,b,,c',
    ',',
    'false',
    '1970-01-01',
    null,
    '1970-01-01 00:00:00.000001',
  ],
];

/** By what they give. Decimals are compared with 4 digits, rounded half away from zero. */
const EXPRESSIONS: Record<'decimal' | 'integer' | 'text' | 'boolean' | 'date' | 'timestamp', string[]> = {
  decimal: [
    'i * p * (1 - q / 100)',
    'p + q - 3 * p',
    'p / nullif(q, 0)',
    'p / q + q / p',
    '- p % 0.7',
    'mod(q, p)',
    'round(q, 2) - trunc(q, 1) + ceil(q) * floor(p)',
    'round(p, -1)',
    'abs(p) + sign(q)',
    'greatest(p, q, 0.5) - least(i, p)',
    'p ^ 2 - power(q, 3)',
    'case when p > q then p when p is null then 1.5 end',
    'coalesce(p, q, 0)',
    't::decimal(10,2)',
    'i::decimal(5,2)',
    'extract(epoch from s) + extract(second from s)',
    '12345678901234567890.5 * p',
  ],
  integer: [
    'i / j',
    'i % j',
    '(i - 1) / 2 * 2',
    'd - e',
    "d - '2000-01-01'",
    'p::integer',
    'b::integer',
    'length(t) * 10 + strpos(t, u)',
    "position('b' in t)",
    'extract(year from d) * 10000 + extract(month from d) * 100 + extract(day from d)',
    'extract(week from d) * 100 + extract(isodow from d) * 10 + extract(dow from d)',
    'extract(quarter from e) * 10000 + extract(doy from e)',
    'extract(isoyear from e)',
    'extract(hour from s) * 100 + extract(minute from s)',
    'case i when 7 then 1 when 0 then 2 else j end',
    "nullif(trim(t), '')::integer",
    'i + 1',
    'greatest(i, j) - least(i, j, 5)',
  ],
  text: [
    "t || '-' || u",
    "concat(t, u, i, b, 'x')",
    "t || i || b || p || coalesce(d, '2024-01-01')",
    "lower(replace(t, 'b', 'XY')) || upper(left(u, 1))",
    "trim(t) || ltrim(t) || rtrim(t) || trim(t, 'ac ')",
    "substr(t, 2) || '|' || substr(t, -1, 4) || '|' || substring(t from 2 for 2) || '|' || substring(t, 0, 2)",
    "left(t, 2) || '|' || left(t, -2) || '|' || right(t, 2) || '|' || right(t, -2)",
    'substr(t, 1, j)',
    "split_part(t, ',', 2) || '|' || split_part(t, ',', -1) || '|' || split_part(t, u, 1)",
    "split_part(t, ',', i)",
    '(p * q)::text || (p + 1.000)::text || round(p / 3, 3)::text || (- n)::text',
    "to_char(d, 'YYYY-MM') || to_char(s, 'DD.MM.YY HH24:MI:SS') || to_char(e, 'IYYY-\"W\"IW ID Q DDD Mon Dy')",
    'd::text || s::text || e::timestamp::text',
    "case when t like 'a%' then 'a' when t ilike '%X%' then 'x' else u end",
  ],
  boolean: [
    'i > 0 and p < 100 or b',
    'not (b and i = 7)',
    'b is not true or b is false',
    'i in (7, 0, null)',
    'i not in (1, j)',
    'p between q and 50.5 or q not between 0 and p',
    't = u or t < u',
    "t like '%b\\_c\\\\%' or t like '_b%'",
    "t ilike 'ABC%' or starts_with(t, u)",
    "t in ('', ' x ', 'Abc def')",
    "d >= '2000-01-01' and d < s",
    'p / 3 > q',
    'j <> 0 and i / j > 1',
    'u::boolean',
  ],
  date: [
    'd + i % 1000',
    'e - 1',
    "date_trunc('week', d)",
    "date_trunc('quarter', e)",
    'greatest(d, e)',
    "case when b then d else date '2024-01-31' end",
    's::date',
  ],
  timestamp: ["date_trunc('month', s)", "date_trunc('hour', s)", 'coalesce(s, d)', "date_trunc('second', s)"],
};

/** By expression and row, what we give where PostgreSQL gives another: docs/expressions.md says why. */
const DIFFERENT: Record<string, Record<number, string>> = {
  // It rounds powers to 16 digits.
  'p ^ 2 - power(q, 3)': { 4: '1000000009996999998000003.0001' },
  // An integer column does not hold what stands for NULL in a batch.
  'i / j': { 4: '!' },
  // Here nothing overflows on the way; for it the negative of the lowest bigint is none.
  '(p * q)::text || (p + 1.000)::text || round(p / 3, 3)::text || (- n)::text': {
    1: '-418.332915-11.550-4.1839223372036854775808',
  },
};

const POSTGRES_TYPE: Record<string, string> = { timestamp: 'timestamp', text: 'text collate "C"' };
const typeOf = ({ type, precision, scale }: ExpressionColumn): string =>
  type === 'decimal' ? `numeric(${precision},${scale})` : (POSTGRES_TYPE[type] ?? type);

let theirs: Map<string, (string | null)[]>;
let close = async (): Promise<void> => {};

beforeAll(async () => {
  const db = await openDatabase(process.env.DATABASE_URL as string);
  close = () => db.close();
  theirs = await db.transaction(async (tx) => {
    await tx.query(`create temp table sample (id int, ${columns.map((c) => `${c.name} ${typeOf(c)}`).join(', ')})`);
    for (const [id, row] of rows.entries()) {
      const cells = row.map((_, at) => `$${at + 1}::text::${typeOf(columns[at]).replace(' collate "C"', '')}`);
      await tx.query(`insert into sample values (${id}, ${cells.join(', ')})`, row);
    }
    await tx.query(`create function pg_temp.attempt(query text) returns text language plpgsql as
      'declare result text; begin execute query into result; return result; exception when others then return ''!'' || sqlerrm; end'`);
    const found = new Map<string, (string | null)[]>();
    for (const [type, expressions] of Object.entries(EXPRESSIONS)) {
      for (const text of expressions) {
        const value = type === 'decimal' ? `round((${text})::numeric, 4)` : `(${text})::${type}`;
        const cells = await tx.query<{ value: string | null }>(
          'select pg_temp.attempt($1 || id) as value from sample order by id',
          [`select (${value})::text from sample where id = `],
        );
        found.set(
          text,
          cells.map(({ value }) => value),
        );
      }
    }
    return found;
  });
});
afterAll(() => close());

/** Its message does not count. */
const outcome = (cell: string | null): string | null => (cell?.startsWith('!') ? '!' : cell);

for (const [type, expressions] of Object.entries(EXPRESSIONS)) {
  it.each(expressions)(`gives the ${type} that PostgreSQL gives: %s`, (text) => {
    const wanted = theirs.get(text)?.map((cell, row) => DIFFERENT[text]?.[row] ?? outcome(cell));
    for (const dictionary of [false, true]) {
      const target = { type: type as 'decimal', rounding: 'half_up', dictionary } as const;
      expect(evaluateRows(text, columns, rows, target, { dictionary }).cells).toEqual(wanted);
    }
  });
}
