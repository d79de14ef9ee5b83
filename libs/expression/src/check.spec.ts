import { describe, expect, it } from 'vitest';
import { checkExpression, fits } from './check.js';
import { column } from './testing/table.js';

const columns = [
  column('quantity', { type: 'integer', nullable: false }),
  column('price', { type: 'decimal', precision: 10, scale: 2, nullable: false }),
  column('free', { type: 'decimal' }),
  column('name', { type: 'text' }),
  column('Order ID', { type: 'text' }),
  column('Foo', { type: 'text' }),
  column('foo', { type: 'integer' }),
  column('Bar "x"', { type: 'text' }),
  column('Total', { type: 'integer' }),
  column('day', { type: 'date' }),
  column('at', { type: 'timestamp', nullable: false }),
  column('ok', { type: 'boolean', nullable: false }),
  column('big', { type: 'bigint' }),
  column('tree', { type: 'json' }),
  column('user', { type: 'text' }),
];
const check = (text: string) => checkExpression(text, columns);

describe('the type of an expression', () => {
  it.each([
    ['quantity * 2', 'integer', 0],
    ['quantity + 3000000000', 'bigint', 0],
    ['quantity / 2', 'integer', 0],
    ['big - 1', 'bigint', 0],
    ['price * 1.25', 'decimal', 4],
    ['price + 1.125', 'decimal', 3],
    ['price / 3', 'decimal', null],
    ['price + free', 'decimal', null],
    ['round(price / 3, 1)', 'decimal', 1],
    ['price % 1', 'decimal', 2],
    ['power(price, 3)', 'decimal', 6],
    ['name::decimal(8,3)', 'decimal', 3],
    ['extract(second from at)', 'decimal', 6],
    ['case when ok then 1 else 2.50 end', 'decimal', 2],
    ['coalesce(null, quantity)', 'integer', 0],
    ['day - 1', 'date', null],
    ["day - '2024-01-01'", 'integer', 0],
    ["date_trunc('week', day)", 'date', null],
    ["date_trunc('hour', at)", 'timestamp', null],
    ['greatest(day, at)', 'timestamp', null],
    ["name || '-' || quantity", 'text', null],
    ["month(day) = '2024-01'", 'boolean', null],
    ['tree', 'json', null],
    ['null', 'text', null],
    ['_file', 'text', null],
  ])('%s is %s', (text, kind, scale) => {
    expect(check(text)).toMatchObject({ type: { kind, scale }, faults: [] });
  });

  it.each([
    ['quantity + 1', false],
    ['name || 1', true],
    ["coalesce(name, 'x')", false],
    ['name is null', false],
    ['case when ok then 1 end', true],
    ['case when ok then 1 else 2 end', false],
    ['nullif(quantity, 0)', true],
    ['concat(name)', false],
    ['greatest(name, user)', true],
    ['greatest(quantity, foo)', false],
    ['_file', false],
  ])('%s may be NULL: %s', (text, nullable) => {
    expect(check(text.replace('user', '"user"')).nullable).toBe(nullable);
  });

  it.each([
    ['integer', 'decimal', true],
    ['decimal', 'integer', true],
    ['date', 'timestamp', true],
    ['timestamp', 'date', false],
    ['integer', 'text', false],
    ['json', 'text', true],
    ['text', 'email', true],
    ['boolean', 'integer', false],
  ] as const)('%s fills a column of type %s: %s', (kind, type, fitting) => {
    expect(fits({ kind, scale: null }, type)).toBe(fitting);
  });
});

describe('names', () => {
  it('tells the columns that are read, in their order and once', () => {
    expect(check('price * quantity + quantity').columns).toEqual(['quantity', 'price']);
  });

  it.each([
    ['"Order ID"', 'Order ID'],
    ['"Bar ""x"""', 'Bar "x"'],
    ['Foo', 'Foo'],
    ['foo', 'foo'],
    ['TOTAL', 'Total'],
    ['"user"', 'user'],
  ])('%s is the column %s', (text, name) => {
    expect(check(text)).toMatchObject({ columns: [name], faults: [] });
  });

  it.each([
    ['FOO', 0, 'FOO may be "Foo" or "foo"'],
    ['1 + "total"', 4, 'there is no column "total": write "Total"'],
    ['nothing', 0, 'there is no column nothing'],
    ['"constructor"', 0, 'there is no column constructor'],
    ['t.name', 0, 'write its name only'],
    ['user', 0, 'a column of this name is written "user"'],
    ['order + 1', 0, 'a column of this name is written "order"'],
    ["'é' || é", 7, 'stands in double quotes'],
  ])('%s is refused', (text, at, message) => {
    expect(check(text).faults).toEqual([{ at, message: expect.stringContaining(message) }]);
  });
});

describe('what is not offered', () => {
  it.each([
    ['', 0, 'there is no expression'],
    ['1 +', 3, 'ends too soon'],
    ['name quantity 5', 14, 'not expected here'],
    ['quantity; drop table x', 8, 'no semicolon'],
    ['(select 1)', 1, 'queries'],
    ['quantity in (select 1)', 13, 'queries'],
    ['array[1]', 0, 'arrays'],
    ['(1, 2)', 1, 'lists outside of in'],
    ["tree ->> 'a'", 5, 'members of json'],
    ['$1', 0, 'single quotes'],
    ['now()', 0, 'there is no function now()'],
    ['constructor(1)', 0, 'there is no function constructor()'],
    ['pg_catalog.upper(name)', 0, 'there is no function upper()'],
    ["ifnull(name, 'x')", 0, 'coalesce(a, b)'],
    ['sum(quantity)', 0, 'measure of a gold table'],
    ['upper(name) over ()', 0, 'computed from one row'],
    ['current_date', 0, 'gives the same whenever it is computed'],
    ['name::float', 0, 'there is no cast to float'],
    ['name::decimal(3,5)', 0, 's from 0 to p'],
    ['big::boolean', 0, 'no cast from bigint to boolean'],
    ['1e3', 0, '1e3 is no number'],
    ["E'x'", 0, 'a backslash means itself'],
    ["'x", 0, 'no closing quote'],
    ['5--3', 1, 'put a blank between them'],
    ['quantity /* x */', 9, 'comments belong into the config'],
    ['quantity ~ 1', 0, '~ is not offered'],
    ['name like name', 10, 'takes a pattern in quotes'],
    ["name like 'x\\'", 10, 'does not end with a backslash'],
    ['price ^ quantity', 8, 'from -30 to 30'],
    ['round(price, quantity)', 13, 'written out'],
    ["to_char(day, 'Month')", 13, 'takes a pattern of'],
    ['extract(hour from day)', 0, 'no hour in a date'],
    ["date_trunc('century', day)", 11, "'week'"],
    ['length()', 0, 'takes 1 value'],
    [`${'('.repeat(101)}1${')'.repeat(101)}`, 100, '100 deep'],
    [Array(300).fill('1').join(' + '), 0, 'more than 250'],
    [' '.repeat(17_000), 16_384, 'at most 16384'],
    ["'\ud800'", 1, 'surrogate'],
  ])('%.30s is refused, and says what to write', (text, at, message) => {
    expect(check(text).faults[0]).toEqual({ at, message: expect.stringContaining(message) });
  });

  it.each([
    ['quantity = name', 11, 'integer and text'],
    ['case when name then 1 end', 10, 'boolean'],
    ["case when ok then 1 else 'x' end", 25, "'x' is no integer"],
    ["day >= '2024-02-30'", 7, "'2024-02-30' is no date"],
    ['lower(quantity)', 6, '(…)::text'],
    ['tree = tree', 0, 'json'],
    ['(price / quantity)::text', 1, 'round(…, 2)'],
    ['day + day', 0, 'dates are not added'],
    ['at - at', 0, 'extract(epoch'],
    ['quantity = 1 = ok', 0, 'parentheses'],
    ['price = 1 is null', 0, 'parentheses'],
    ['name || quantity - 1', 0, 'parentheses'],
    ['1 / 0', 0, 'division by zero'],
    ["'x'::integer", 0, "'x' is no integer"],
  ])('%s does not fit together', (text, at, message) => {
    expect(check(text).faults).toEqual([{ at, message: expect.stringContaining(message) }]);
  });

  it('every fault is told, not only the first', () => {
    expect(check('lower(1) || upper(2) || nothing').faults.map(({ at }) => at)).toEqual([6, 18, 24]);
  });

  it('parentheses say what is meant', () => {
    for (const text of [
      '(quantity = 1) = ok',
      '(price = 1) is null',
      'name || (quantity - 1)',
      '((quantity) = (1)) = ok',
    ]) {
      expect(check(text).faults).toEqual([]);
    }
  });
});
