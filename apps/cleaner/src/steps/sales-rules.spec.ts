import { describe, expect, it } from 'vitest';
import { cleanOne, type Row } from './testing/read-cleaned.js';

/** What one field becomes when the rest of the record is good. */
function becomes(field: string, value: string): string | null | undefined {
  const cleaned = cleanOne({ [field]: value });
  return 'row' in cleaned ? cleaned.row[field] : undefined;
}

function rejectOf(fields: Row): [string | null, string, string | null] | undefined {
  const cleaned = cleanOne(fields);
  return 'reject' in cleaned ? [cleaned.reject.column, cleaned.reject.code, cleaned.reject.value] : undefined;
}

describe('sales: what rejects a record', () => {
  it.each<[string, string, string]>([
    ['order_id', '', 'blank'],
    ['order_id', ' \t\r\n ', 'blank'],
    ['order_id', 'x'.repeat(513), 'too_long'],
    ['order_id', 'a\xffb', 'invalid_utf8'],
    ['order_id', '\xed\xa0\x80', 'invalid_utf8'],
    ['order_id', 'a\0b', 'nul_byte'],
    ['quantity', '', 'blank'],
    ...['+3', '-3', '2.0', '1e3', '1 000', '0x10', '\xd9\xa3', '3a'].map((v): [string, string, string] => [
      'quantity',
      v,
      'not_integer',
    ]),
    ...['0', '000', '1000000001', '99999999999999999999', '4294967297'].map((v): [string, string, string] => [
      'quantity',
      v,
      'out_of_range',
    ]),
    ['unit_price', ' ', 'blank'],
    ...['5.', '.', '+1', '-1', '1e3', '1,5', 'NaN', 'Infinity', '1.2.3', '$5', '1.2x', 'x'].map(
      (v): [string, string, string] => ['unit_price', v, 'not_decimal'],
    ),
    ...['0', '0.0000', '.0', '100000000000000', '0.00001', '1.00001', '99999999999999.99999', '1'.repeat(400)].map(
      (v): [string, string, string] => ['unit_price', v, 'out_of_range'],
    ),
  ])('%s = %j', (field, value, code) => {
    expect(rejectOf({ [field]: value })?.slice(0, 2)).toEqual([field, code]);
  });

  it('is the first failing column in schema order', () => {
    expect(rejectOf({ order_id: '', quantity: 'x', unit_price: 'x' })?.[0]).toBe('order_id');
    expect(rejectOf({ quantity: 'x', unit_price: 'x' })).toEqual(['quantity', 'not_integer', 'x']);
  });

  it('is told with the trimmed value, as text that can be stored, of at most 512 bytes', () => {
    expect(rejectOf({ quantity: '  2 x ' })?.[2]).toBe('2 x');
    expect(rejectOf({ quantity: 'a\0\xff' })?.[2]).toBe('a\ufffd\ufffd');
    const long = rejectOf({ order_id: '\xff'.repeat(2000) })![2]!;
    expect(Buffer.byteLength(long)).toBe(510);
    expect(rejectOf({ order_id: `x${'\xc3\xa4'.repeat(400)}` })?.[2]).toBe(`x${'ä'.repeat(255)}`);
  });
});

describe('sales: what a value becomes', () => {
  it.each<[string, string, string | null]>([
    ['order_id', ' \t\r\n x y \n', 'x y'],
    ['order_id', 'x'.repeat(512), 'x'.repeat(512)],
    ['order_id', '\xc3\xa4,"\xe2\x82\xac', 'ä,"€'],
    ['product_name', '', 'unknown_product'],
    ['product_name', 'x'.repeat(513), 'unknown_product'],
    ['product_name', 'a\xff', 'unknown_product'],
    ['category', 'a\0', 'unknown'],
    ['region', ' ', 'north'],
    ['region', ' South ', 'South'],
    ['quantity', '007', '7'],
    ['quantity', `${'0'.repeat(300)}1000000000`, '1000000000'],
    ['unit_price', '.5', '0.5'],
    ['unit_price', '0012.3400000000', '12.34'],
    ['unit_price', '0.0001', '0.0001'],
    ['unit_price', '99999999999999.9999', '99999999999999.9999'],
    ['unit_price', '900719925474.0991', '900719925474.0991'],
    ['unit_price', '900719925474.0992', '900719925474.0992'],
    ['unit_price', `${'0'.repeat(50)}99999999999999.99990`, '99999999999999.9999'],
    ['discount_percent', '', '0'],
    ['discount_percent', '100', '100'],
    ['discount_percent', '100.00000', '100'],
    ['discount_percent', '100.00001', '0'],
    ['discount_percent', '101', '0'],
    ['discount_percent', '-1', '0'],
    ['discount_percent', 'ten', '0'],
    ['discount_percent', '33.3333333333333333333', '33.3333333333333333333'],
    ['discount_percent', `0.${'0'.repeat(16382)}1`, `0.${'0'.repeat(16382)}1`],
    ['discount_percent', `0.${'0'.repeat(16383)}1`, '0'],
    ['sale_date', '2024-02-29', '2024-02-29'],
    ['sale_date', '2023-02-29', '1970-01-01'],
    ['sale_date', '1900-02-29', '1970-01-01'],
    ['sale_date', '2000-02-29', '2000-02-29'],
    ['sale_date', '2024-04-31', '1970-01-01'],
    ['sale_date', '2024-13-01', '1970-01-01'],
    ['sale_date', '2024-00-10', '1970-01-01'],
    ['sale_date', '2024-01-00', '1970-01-01'],
    ['sale_date', '0000-01-01', '1970-01-01'],
    ['sale_date', '0001-01-01', '0001-01-01'],
    ['sale_date', '9999-12-31', '9999-12-31'],
    ['sale_date', '2024-1-1', '1970-01-01'],
    ['sale_date', '2024/01/01', '1970-01-01'],
    ['sale_date', '2024-01-01T00', '1970-01-01'],
    ['customer_email', 'x@y.z', 'x@y.z'],
    ['customer_email', 'a.b+c@d.e.f', 'a.b+c@d.e.f'],
    ['customer_email', 'x@y..z', 'x@y..z'],
    ['customer_email', `${'x'.repeat(2000)}@y.z`, `${'x'.repeat(2000)}@y.z`],
    ...[
      '',
      'x',
      'x@y',
      '@y.z',
      'x@.z',
      'x@y.',
      'x@@y.z',
      'x@y.z@w',
      'x y@z.w',
      'x@y\t.z',
      'x\v@y.z',
      'x.y@z',
      'x@y.z\0',
      'x@y.\xff',
    ].map((v): [string, string, null] => ['customer_email', v, null]),
  ])('%s = %j', (field, value, expected) => {
    expect(becomes(field, value)).toBe(expected);
  });

  it.each<[string, string, string, string]>([
    ['2', '10.50', '0', '21'],
    ['1', '0.005', '0', '0.01'],
    ['1', '0.0049', '0', '0'],
    ['3', '0.335', '0', '1.01'],
    ['1', '17.16', '12.5', '15.02'],
    ['1', '1', '100', '0'],
    ['1', '0.01', '50', '0.01'],
    ['1', '0.01', '50.0001', '0'],
    ['1', '0.01', '50.0000000000000000000001', '0'],
    ['7', '33.33', '33.3333333333333333333', '155.54'],
    ['1000000000', '99999999999999.9999', '0', '99999999999999999900000'],
    ['1000000000', '99999999999999.9999', '33.3333333333333333333', '66666666666666666600033.33'],
    ['999999999', '99999999999999.9999', '0.0001', '99999899900000099900000.1'],
    ['1', '90071992547409.91', '0', '90071992547409.91'],
    ['1', '90071992547409.92', '0', '90071992547409.92'],
  ])('revenue of %s x %s less %s%% is %s', (quantity, unit_price, discount_percent, revenue) => {
    const cleaned = cleanOne({ quantity, unit_price, discount_percent });
    expect('row' in cleaned && cleaned.row.revenue).toBe(revenue);
  });
});
