import { describe, expect, it } from 'vitest';
import { cleanSale } from './clean-sale.js';

const good = {
  order_id: 'A1',
  product_name: 'Desk',
  category: 'office',
  quantity: '2',
  unit_price: '10.50',
  discount_percent: '10',
  region: 'east',
  sale_date: '2024-02-29',
  customer_email: 'x@y.z',
};
const clean = (changes: Partial<typeof good>) => cleanSale(new Map(Object.entries({ ...good, ...changes })));

describe('the sales rules', () => {
  it('take a good row and derive month and revenue', () => {
    expect(clean({})).toEqual({
      ...good,
      unit_price: '10.5000',
      sale_month: '2024-02',
      revenue: '18.90',
    });
  });

  it.each([
    ['order_id', '', 'blank'],
    ['order_id', ' \t\r\n', 'blank'],
    ['order_id', 'K'.repeat(513), 'too_long'],
    ['order_id', 'a\0b', 'nul_byte'],
    ['order_id', '\xc3', 'invalid_utf8'],
    ['quantity', ' ', 'blank'],
    ['quantity', '+3', 'not_integer'],
    ['quantity', '-3', 'not_integer'],
    ['quantity', '2.0', 'not_integer'],
    ['quantity', '1e3', 'not_integer'],
    ['quantity', '0', 'out_of_range'],
    ['quantity', '1000000001', 'out_of_range'],
    ['unit_price', '', 'blank'],
    ['unit_price', '5.', 'not_decimal'],
    ['unit_price', '.', 'not_decimal'],
    ['unit_price', '+1', 'not_decimal'],
    ['unit_price', '-1', 'not_decimal'],
    ['unit_price', '1e3', 'not_decimal'],
    ['unit_price', '1,000', 'not_decimal'],
    ['unit_price', 'NaN', 'not_decimal'],
    ['unit_price', 'Infinity', 'not_decimal'],
    ['unit_price', '0.00', 'out_of_range'],
    ['unit_price', '1.00001', 'out_of_range'],
    ['unit_price', '100000000000000', 'out_of_range'],
  ] as const)('reject %s %j as %s', (column, value, code) => {
    expect(clean({ [column]: value })).toEqual({ column, code });
  });

  it('name the first failing column in schema order', () => {
    expect(clean({ unit_price: 'x', quantity: 'y' })).toEqual({ column: 'quantity', code: 'not_integer' });
  });

  it.each([
    ['order_id', '  A1\r\n', 'A1'],
    ['order_id', 'K'.repeat(512), 'K'.repeat(512)],
    ['quantity', '007', '7'],
    ['quantity', '1000000000', '1000000000'],
    ['unit_price', '.5', '0.5000'],
    ['unit_price', '1.23450000', '1.2345'],
    ['unit_price', '99999999999999.9999', '99999999999999.9999'],
    ['unit_price', '00000000000000000001', '1.0000'],
    ['product_name', ' ', 'unknown_product'],
    ['product_name', '\xff', 'unknown_product'],
    ['product_name', 'a\0', 'unknown_product'],
    ['product_name', 'p'.repeat(513), 'unknown_product'],
    ['product_name', 'Caf\xc3\xa9', 'Café'],
    ['category', '', 'unknown'],
    ['region', '', 'north'],
    ['region', 'NORTH', 'NORTH'],
    ['discount_percent', '', '0'],
    ['discount_percent', '100.000', '100'],
    ['discount_percent', '100.01', '0'],
    ['discount_percent', '-1', '0'],
    ['discount_percent', '12.3456789012345678901', '12.3456789012345678901'],
    ['sale_date', '2023-02-29', '1970-01-01'],
    ['sale_date', '1900-02-29', '1970-01-01'],
    ['sale_date', '2000-02-29', '2000-02-29'],
    ['sale_date', '0000-01-01', '1970-01-01'],
    ['sale_date', '2024-1-5', '1970-01-01'],
    ['sale_date', '2024-01-05T00:00', '1970-01-01'],
    ['customer_email', '', null],
    ['customer_email', 'x@y', null],
    ['customer_email', 'x@y.', null],
    ['customer_email', '@y.z', null],
    ['customer_email', 'a b@y.z', null],
    ['customer_email', 'a@b@y.z', null],
    ['customer_email', ' x@y.z ', 'x@y.z'],
  ] as const)('make of %s %j the value %j', (column, value, becomes) => {
    expect(clean({ [column]: value })).toMatchObject({ [column]: becomes });
  });

  it('put the first month of the epoch for a date that is not real', () => {
    expect(clean({ sale_date: 'soon' })).toMatchObject({ sale_date: '1970-01-01', sale_month: '1970-01' });
  });

  it.each([
    ['1', '0.005', '0', '0.01'],
    ['1', '0.0049', '0', '0.00'],
    ['1', '17.155', '0', '17.16'],
    ['3', '19.99', '33.3333', '39.98'],
    ['1000000000', '99999999999999.9999', '0', '99999999999999999900000.00'],
    ['1000000000', '99999999999999.9999', '0.0000000000000000000001', '99999999999999999899999.90'],
    ['7', '3.3335', '100', '0.00'],
  ])('revenue of %s at %s less %s percent is %s', (quantity, unit_price, discount_percent, revenue) => {
    expect(clean({ quantity, unit_price, discount_percent })).toMatchObject({ revenue });
  });
});
