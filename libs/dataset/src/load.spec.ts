import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPlan, loadPlans, planNamed, planWith } from './index.js';
import { parseConfig } from './parse.js';

const datasets = join(import.meta.dirname, '../../../datasets');
const sales = readFileSync(join(datasets, 'sales.yaml'), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'millrace-datasets-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The faults that the config's text is refused with, without the file's name. */
function faultsOf(text: string): string[] {
  try {
    parseConfig(text, 'x.yaml');
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'CONFIG_INVALID') throw error;
    return error.message.split('\n').map((line) => line.replace('x.yaml:', ''));
  }
  return [];
}

/** The sales config with one piece of text replaced. */
function altered(from: string | RegExp, to: string): string {
  const text = sales.replace(from, to);
  if (text === sales) throw new Error(`nothing to replace: ${from}`);
  return text;
}

describe('the sales dataset', () => {
  const plan = loadPlan(join(datasets, 'sales.yaml'));

  it('compiles', () => {
    expect(plan).toMatchObject({
      name: 'sales',
      table: 'sales',
      keys: [0],
      keep: { kind: 'first' },
      parts: 8,
      reject_threshold: 0.2,
      pattern: '**/*.csv',
    });
    expect(plan.columns.map(({ name, encoding, postgres_type }) => `${name} ${encoding} ${postgres_type}`)).toEqual([
      'order_id text text COLLATE "C"',
      'product_name dictionary text COLLATE "C"',
      'category dictionary text COLLATE "C"',
      'quantity integer integer',
      'unit_price decimal numeric(18,4)',
      'discount_percent decimal numeric',
      'region dictionary text COLLATE "C"',
      'sale_date date date',
      'sale_month dictionary text COLLATE "C"',
      'customer_email text text COLLATE "C"',
      'revenue decimal numeric(25,2)',
    ]);
    expect(plan.source_columns).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
    expect(plan.columns[0]).toMatchObject({ required: true, max_bytes: 512 });
    expect(plan.columns[1]).toMatchObject({ default_value: 'unknown_product', max_bytes: 512 });
    expect(plan.columns[3]).toMatchObject({ min: '1', max: '1000000000', above: null });
    expect(plan.columns[5]).toMatchObject({ default_value: '0', precision: null, scale: 4 });
    expect(plan.columns[7]).toMatchObject({ default_value: '1970-01-01' });
    expect(plan.columns[9]).toMatchObject({ default_value: null, max_bytes: Number.POSITIVE_INFINITY });
    expect(plan.columns[10]).toMatchObject({ derive: { function: 'net_amount', from: [3, 4, 5] }, scale: 2 });
    expect(plan.gold[1]).toMatchObject({
      table: 'sales_by_product',
      dimensions: [1],
      measures: [
        { name: 'orders', kind: 'count', column: null },
        { name: 'quantity', kind: 'sum', column: 3 },
        { name: 'revenue', kind: 'sum', column: 10 },
        { name: 'unit_price_sum', kind: 'sum', column: 4 },
        { name: 'average_price', kind: 'avg', column: 4 },
      ],
    });
  });

  it('has a config that survives JSON, as PostgreSQL keeps it', () => {
    expect(JSON.parse(JSON.stringify(plan.config))).toEqual(plan.config);
  });
});

describe('a fingerprint', () => {
  const fingerprint = (text: string) => {
    const file = join(directory, 'one.yaml');
    writeFileSync(file, text);
    const plan = loadPlan(file);
    rmSync(file);
    return plan.fingerprint;
  };

  it('is 16 hex digits, the same whatever the comments, the order of fields and defaults that are spelt out', () => {
    const same = sales.replace(/^#.*$/m, '').replace('table: sales\nkey: order_id', 'key: order_id\ntable: sales');
    expect(fingerprint(sales)).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprint(same)).toBe(fingerprint(sales));
    expect(fingerprint(altered('keep: first\n', ''))).toBe(fingerprint(sales));
  });

  it('differs for another number of parts, another default, another order of columns', () => {
    const others = [
      altered('parts: 8', 'parts: 4'),
      altered('default: north', 'default: south'),
      altered(/(.*name: category.*\n)(.*name: quantity.*\n)/, '$2$1'),
    ];
    expect(new Set([sales, ...others].map(fingerprint)).size).toBe(4);
  });
});

describe('a config', () => {
  it.each<[string, string, string]>([
    ['an unknown field', altered('keep: first', 'keeps: first'), '10:1: keeps: no such field here: remove it'],
    [
      'an unknown type',
      altered('type: date,', 'type: datum,'),
      '22:24: columns[7].type: write text or email or integer or bigint or decimal or boolean or date or timestamp or json',
    ],
    ['a value of a wrong kind', altered('parts: 8', 'parts: many'), '11:1: parts: write a value of type number'],
    ['a missing field', altered('table: sales\nkey', 'key'), '1:1: table: write a value of type string'],
    [
      'a dataset name that no topic can have',
      altered('name: sales', 'name: Sales!'),
      '2:1: name: write lower-case letters, digits and _, beginning with a letter, at most 63',
    ],
    ['broken YAML', altered('name: sales', 'name: [sales'), '3:1'],
    ['a key that is no column', altered('key: order_id', 'key: order'), '9:1: key: no column is named order'],
    [
      'a key that is not required',
      altered('required: true, max_bytes: 512', 'default: x'),
      '15:5: columns[0]: the key must say required: true',
    ],
    [
      'a key that is too long',
      altered('max_bytes: 512', 'max_bytes: 513'),
      '15:51: columns[0].max_bytes: a key has at most 512 bytes',
    ],
    [
      'a column twice',
      altered('name: category,', 'name: region,'),
      '21:7: columns[6].name: second column named region',
    ],
    [
      'a dimension that may be NULL',
      altered('default: north, ', ''),
      'gold[0].dimensions[1]: region may be NULL: give the column a default other than null',
    ],
    [
      'required and default',
      altered('default: north', 'required: true, default: north'),
      'columns[6].default: a required column never takes its default: remove one of the two',
    ],
    [
      'a default outside of the range',
      altered('default: 0, min', 'default: 101, min'),
      'columns[5].default: the default is over 100',
    ],
    [
      'a default that is no real date',
      altered('1970-01-01', '1970-02-30'),
      'columns[7].default: write a real date YYYY-MM-DD, or null',
    ],
    [
      'a default that is no address',
      altered('default: null', 'default: nobody'),
      'columns[9].default: write an address x@y.z, or null',
    ],
    ['an empty range', altered('min: 1, max: 1000000000', 'min: 3, max: 2'), 'columns[3].min: min is over max'],
    [
      'an integer bound that does not fit',
      altered('max: 1000000000', 'max: 10000000000'),
      'columns[3].max: an integer is at most 2147483647: use type bigint',
    ],
    [
      'precision without scale',
      altered('precision: 18, scale: 4', 'precision: 18'),
      'columns[4].precision: write precision and scale both, or neither',
    ],
    [
      'a field of another type of column',
      altered('default: null', 'default: null, scale: 2'),
      'columns[9].scale: scale is for decimal columns: remove it',
    ],
    [
      'a dimension that is none',
      altered('region, category]', 'region, customer_email]'),
      'customer_email is no dimension: add dimension: true to the column (text) or use a date',
    ],
    [
      'a dimension that does not exist',
      altered('dimensions: [product_name]', 'dimensions: [product]'),
      'gold[1].dimensions[0]: no column is named product',
    ],
    [
      'a sum of a text',
      altered('revenue: sum(revenue) }', 'revenue: sum(region) }'),
      'sum takes an integer, bigint or decimal column, region is text',
    ],
    [
      'gold without a count',
      altered('{ orders: count, quantity', '{ quantity'),
      'add a count measure, such as { rows: count }',
    ],
    [
      'a derived column from a wrong type',
      altered('from: [sale_date]', 'from: [region]'),
      'columns[8].from[0]: month takes date here, region is text',
    ],
    [
      'a derived column from too few',
      altered('from: [quantity, unit_price, discount_percent]', 'from: [quantity]'),
      'net_amount takes 3 columns, write from: [integer, decimal, decimal]',
    ],
    [
      'a derived column with a default',
      altered('derive: month,', 'derive: month, default: x,'),
      'columns[8].default: a derived column takes no default: remove it',
    ],
    [
      'a result with too few digits',
      altered('precision: 25', 'precision: 24'),
      'too few digits for the largest quantity times the largest price: raise precision',
    ],
    [
      'a percentage over 100',
      altered('min: 0, max: 100', 'min: 0, max: 101'),
      'discount_percent needs max: 100 (or less)',
    ],
  ])('is refused for %s, with the place and what to write', (_, text, expected) => {
    expect(faultsOf(text).join('\n')).toContain(expected);
  });

  it('is told of all its faults at once', () => {
    expect(faultsOf(altered('key: order_id', 'key: x').replace('min: 1,', 'min: 2000000000,')).length).toBe(2);
  });

  it('keeps the digits of a bound as written', () => {
    const text = altered('above: 0, precision', 'max: 99999999999999.9999, above: 0, precision');
    expect(parseConfig(text, 'x.yaml').columns[4].max).toBe('99999999999999.9999');
  });

  it('never crashes the check, whatever single line is missing', () => {
    const lines = sales.split('\n');
    lines.forEach((_, index) => {
      expect(Array.isArray(faultsOf(lines.toSpliced(index, 1).join('\n')))).toBe(true);
    });
  });
});

describe('a directory of datasets', () => {
  it('gives plans by fingerprint and by name', () => {
    const plans = loadPlans(datasets);
    const plan = planNamed(plans, 'sales');
    expect(planWith(plans, plan.fingerprint)).toBe(plan);
    expect(() => planNamed(plans, 'sale')).toThrow('no dataset is named sale; there are: ');
    expect(() => planWith(plans, '0000000000000000')).toThrow(expect.objectContaining({ code: 'PLAN_UNKNOWN' }));
  });

  it('is refused when two configs want the same table, when it is empty or missing', () => {
    writeFileSync(join(directory, 'a.yaml'), sales);
    writeFileSync(join(directory, 'b.yml'), altered('name: sales\n', 'name: other\n'));
    expect(() => loadPlans(directory)).toThrow(/b\.yml: table sales is .*a\.yaml's already/);
    rmSync(join(directory, 'a.yaml'));
    rmSync(join(directory, 'b.yml'));
    expect(() => loadPlans(directory)).toThrow('holds no *.yaml');
    expect(() => loadPlans(join(directory, 'none'))).toThrow('no directory of datasets');
  });
});
