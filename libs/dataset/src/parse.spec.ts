import { MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { compilePlan, configSchema, planOf, usesFile, withEvolved } from './index.js';
import { parseConfig } from './parse.js';

function faultsOf(text: string, file = 'x.yaml'): string[] {
  try {
    parseConfig(text, file);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'CONFIG_INVALID') throw error;
    return error.message.split('\n').map((line) => line.replace(`${file}:`, ''));
  }
  return [];
}

const HEAD = 'name: x\ntable: x\n';
const columns = (...lines: string[]) => `columns:\n${lines.map((line) => `  - { ${line} }\n`).join('')}`;
const ID = 'name: id, type: text, required: true';
const plan = (text: string) => compilePlan(parseConfig(text, 'x.yaml'));

describe('a config of any dataset', () => {
  it('needs no more than a name, a table, a key and columns', () => {
    const { columns: compiled, ...rest } = plan(`${HEAD}key: none\n${columns('name: a, type: integer')}`);
    expect(rest).toMatchObject({ keys: [], keep: { kind: 'first' }, source: { dialect: 'auto', drift: 'evolve' } });
    expect(compiled[0]).toMatchObject({
      nullable: true,
      default_value: null,
      on_invalid: 'default',
      signed: true,
      min: '-2147483646',
      headers: ['a'],
    });
  });

  it('keeps words and literals as they are written, not as YAML reads them', () => {
    const text = `${HEAD}key: none\nnull_words: [NULL, N/A, "-", 0.10]\n${columns(
      'name: a, type: boolean, default: true',
      'name: b, type: text, values: [1, 2.50, no, null]',
      'name: c, type: decimal, min: -1.50, default: 0.50',
    )}`;
    const [a, b, c] = plan(text).columns;
    expect(a).toMatchObject({ default_value: 'true', null_words: ['NULL', 'N/A', '-', '0.10'] });
    expect(b.values).toEqual(['1', '2.50', 'no', 'null']);
    expect(c).toMatchObject({ min: '-1.50', default_value: '0.50', signed: true });
  });

  it('compiles keys of several columns, keep, dialect and hidden columns', () => {
    const text = `${HEAD}key: [id, day]
keep: max(amount)
source: { dialect: { delimiter: ";", escape: backslash, quote: "'" }, extra_columns: keep }
${columns(ID, 'name: day, type: date, required: true', 'name: amount, type: decimal, outliers: { method: iqr, action: flag }')}gold:
  - { table: g, dimensions: [day], where: "amount > 0", measures: { n: count, m: max(amount) } }
`;
    const compiled = plan(text);
    expect(compiled).toMatchObject({
      keys: [0, 1],
      keep: { kind: 'max', column: 2 },
      extra_column: 3,
      outliers_column: 4,
    });
    expect(compiled.source.dialect).toMatchObject({ delimiter: ';', escape: '\\', quote: "'", header_rows: 1 });
    expect(compiled.columns.map(({ name }) => name)).toEqual([
      'id',
      'day',
      'amount',
      '_extra',
      '_outliers',
      '_where_1',
    ]);
    expect(compiled.source_columns).toEqual([0, 1, 2]);
    expect(compiled.gold[0]).toMatchObject({ where: 5, measures: [{ kind: 'count' }, { kind: 'max', column: 2 }] });
    expect(compiled.columns[5].derive).toEqual({ function: 'expression', expression: 'amount > 0', from: [2] });
    expect(planOf(JSON.parse(JSON.stringify(compiled.config))).fingerprint).toBe(compiled.fingerprint);
  });

  it('types derived columns by what they are derived from', () => {
    const text = `${HEAD}key: id\n${columns(
      ID,
      'name: price, type: decimal, precision: 10, scale: 2, required: true',
      'name: tax, type: decimal, precision: 10, scale: 2, derive: "price * 0.19"',
      'name: note, type: text',
      'name: shout, type: text, derive: "upper(note)"',
      'name: place, type: text, derive: "split_part(_file, \'/\', 1)"',
    )}`;
    const compiled = plan(text);
    expect(compiled.columns.map(({ nullable }) => nullable)).toEqual([false, false, false, true, true, false]);
    expect(compiled.columns[2]).toMatchObject({ rounding: 'half_up', on_invalid: 'reject' });
    expect(usesFile(compiled)).toBe(true);
  });
});

describe('a contradiction', () => {
  const one = (column: string) => `${HEAD}key: id\n${columns(ID, column)}`;
  it.each<[string, string, string]>([
    [
      'a key that may be blank',
      `${HEAD}key: a\n${columns('name: a, type: integer')}`,
      'the key must say required: true',
    ],
    ['a key of json', `${HEAD}key: a\n${columns('name: a, type: json, required: true')}`, 'a key cannot be json'],
    [
      'keep without a key',
      `${HEAD}key: none\nkeep: last\n${columns('name: a, type: text')}`,
      'without a key every row is kept',
    ],
    ['keep of a column that is none', `${HEAD}key: id\nkeep: max(b)\n${columns(ID)}`, 'no column is named b'],
    [
      'an unknown field of a dialect',
      `${HEAD}key: id\nsource: { dialect: { delimeter: "," } }\n${columns(ID)}`,
      'source.dialect.delimeter: no such field here',
    ],
    [
      'two date formats that cannot be told apart',
      one('name: d, type: date, formats: [DD/MM/YYYY, MM/DD/YYYY]'),
      'DD/MM/YYYY and MM/DD/YYYY read one value as two days',
    ],
    ['a date format without a day', one('name: d, type: date, formats: [YYYY-MM]'), 'YYYY-MM needs a day (DD), once'],
    [
      'a default that is not among the values',
      one('name: s, type: text, values: [a, b], default: c'),
      'the default is not among values',
    ],
    [
      'a default that does not match',
      one('name: s, type: text, pattern: "^A", default: B1'),
      'the default does not match the pattern',
    ],
    ['a pattern that is none', one('name: s, type: text, pattern: "("'), 'write a regular expression in RE2 syntax'],
    [
      'a default out of its range',
      one('name: t, type: timestamp, min: 2020-01-01T00:00:00Z, default: 2019-12-31T23:59:59Z'),
      'the default is before 2020-01-01T00:00:00Z',
    ],
    [
      'one sign for two meanings',
      one('name: n, type: decimal, number: { decimal: ",", thousands: "," }'),
      'the decimal sign and the thousands separator are the same',
    ],
    [
      'an outlier rule of a text',
      one('name: s, type: text, outliers: { method: iqr }'),
      'outliers is for integer, bigint and decimal columns',
    ],
    ['a hash of a number', one('name: n, type: integer, pii: hash'), 'pii is for text and email columns'],
    ['a name of our own', one('name: _source, type: text'), 'does not begin with _'],
    [
      'an expression of an unknown column',
      one('name: e, type: text, derive: "upper(nobody)"'),
      'columns[1].derive: at character',
    ],
    ['an expression of another type', one('name: e, type: date, derive: "id || id"'), 'the expression gives text'],
    ['an expression of itself', one('name: e, type: text, derive: "e || id"'), 'columns[1].derive: at character'],
    [
      'a top table that is none',
      `${one('name: a, type: integer')}top_n:\n  - { view: t, of: g, by: n }\n`,
      'no gold table is named g',
    ],
    [
      'a reference of a column that is none',
      `${one('name: a, type: integer')}references:\n  - { columns: [b], dataset: y }\n`,
      'no column is named b',
    ],
  ])('such as %s is told with what to write instead', (_, text, expected) => {
    expect(faultsOf(text).join('\n')).toContain(expected);
  });

  it('in a filter of gold stands at the filter', () => {
    const gold = (where: string) =>
      `gold:\n  - { table: g, dimensions: [id2], where: "${where}", measures: { n: count } }\n`;
    const text = `${HEAD}key: id\n${columns(ID, 'name: id2, type: text, dimension: true, default: x')}`;
    expect(faultsOf(text + gold('id2'))).toEqual(['8:36: gold[0].where: write a condition, this gives text']);
    expect(faultsOf(text + gold("id2 = 'x'"))).toEqual([]);
  });
});

describe('TOML', () => {
  const toml = `# a comment
name = "x"
table = "x"
key = "id"
null_words = ["NULL", "-"]

[source]
pattern = "*.csv" # another
dialect = { delimiter = ";", record_end = "any" }

[[columns]]
name = "id"
type = "text"
required = true

[[columns]]
name = "amount"
type = "decimal"
max = 99999999999999.9999
default = 0.50
`;

  it('reads as YAML does, digit by digit', () => {
    const config = parseConfig(toml, 'x.toml');
    expect(config.columns[1]).toMatchObject({ max: '99999999999999.9999', default: '0.50' });
    expect(config.source).toMatchObject({ pattern: '*.csv', dialect: { delimiter: ';' } });
  });

  it.each<[string, string, string, string]>([
    [
      'a wrong value',
      'required = true',
      'required = "yes"',
      '14:1: columns[0].required: write a value of type boolean',
    ],
    ['an unknown field', 'max = 9', 'mux = 9', '19:1: columns[1].mux: no such field here: remove it'],
    [
      'a field of an inline table',
      'record_end = "any"',
      'record_end = "eol"',
      '9:30: source.dialect.record_end: write any or lf or crlf or cr',
    ],
    [
      'a contradiction',
      'default = 0.50',
      'default = -0.50\nmin = 0',
      '20:1: columns[1].default: the default is under 0',
    ],
    ['a missing field', 'type = "decimal"\n', '', '16:1: columns[1].type: write'],
    ['broken text', 'name = "x"', 'name = "x', '2:'],
  ])('names the place of %s', (_, from, to, expected) => {
    const text = toml.replace(from, to);
    expect(text).not.toBe(toml);
    expect(faultsOf(text, 'x.toml').join('\n')).toContain(expected);
  });
});

describe('the JSON Schema of configs', () => {
  it('knows the fields that the checks know', () => {
    const schema = configSchema() as {
      properties: Record<string, { items?: { properties: object } }>;
      required: string[];
    };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['name', 'source', 'keep', 'columns', 'top_n']),
    );
    expect(Object.keys(schema.properties.columns.items?.properties ?? {})).toContain('outliers');
    expect(schema.required).toEqual(['name', 'table', 'key', 'columns']);
  });
});

describe('columns that were found in sources', () => {
  it('stand behind the config, nullable, and what the config names itself is left out', () => {
    const config = parseConfig(`${HEAD}key: id\n${columns(ID)}`, 'x.yaml');
    const found = [
      { name: 'colour', header: 'Colour', type: 'text' as const },
      { name: 'id', header: 'ID', type: 'text' as const },
    ];
    const evolved = compilePlan(withEvolved(config, found));
    expect(evolved.columns.map(({ name, headers, nullable }) => [name, headers, nullable])).toEqual([
      ['id', ['id'], false],
      ['colour', ['Colour'], true],
    ]);
    expect(evolved.fingerprint).not.toBe(compilePlan(config).fingerprint);
  });
});
