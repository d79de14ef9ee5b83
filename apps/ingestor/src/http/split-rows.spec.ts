import { join } from 'node:path';
import { loadPlans } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import type { RowFormat } from './request-head.js';
import { splitRows } from './split-rows.js';

const plans = loadPlans(join(import.meta.dirname, '../../../../datasets'));
const sales = [...plans.values()].find(({ name }) => name === 'sales')!;
const limits = { rows: 3, row_bytes: 100, field_bytes: 20 };

const split = (text: string, format: RowFormat) => splitRows(Buffer.from(text), format, sales, limits);
const texts = (text: string, format: RowFormat) => split(text, format).rows.map(String);

describe('the rows of a request', () => {
  it('are records, lines or elements, and stay as they came', () => {
    expect(split('order_id,region\n1,n\n"2",s\r\n', 'csv')).toMatchObject({ format: 'csv' });
    expect(String(split('order_id,region\n1,n\n', 'csv').header)).toBe('order_id,region\n');
    expect(texts('order_id,region\n1,n\n\n"2",s\r\n', 'csv')).toEqual(['1,n', '"2",s']);
    expect(texts('{"a":1.10}\n\nno json\r\n{"a":2}', 'ndjson')).toEqual(['{"a":1.10}', 'no json', '{"a":2}']);
    expect(texts(' {"a" : 1e400} ', 'json')).toEqual(['{"a" : 1e400}']);
    expect(texts('[{"a":1}, 7, "x"]', 'json')).toEqual(['{"a":1}', '7', '"x"']);
  });

  it.each([
    ['csv', ''],
    ['csv', 'order_id\n'],
    ['ndjson', '\n \n'],
    ['json', '[]'],
    ['json', '[{"a":1}'],
    ['json', '{"a":1} {"a":2}'],
    ['json', 'order_id'],
    ['csv', 'order_id\n"never closed\n'],
  ] as const)('are refused when there are none, or none can be told: %s %j', (format, text) => {
    expect(() => split(text, format)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });

  it('need a header with at least one column of the dataset', () => {
    expect(() => split('17,north\n18,south\n', 'csv')).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining('order_id, product_name') }),
    );
    expect(texts('other,ORDER_ID\na,b\n', 'csv')).toEqual(['a,b']);
  });

  it.each([
    ['csv', 'order_id\n1\n2\n3\n4\n'],
    ['ndjson', '1\n2\n3\n4\n'],
    ['json', '[1,2,3,4]'],
  ] as const)('are bounded in number: %s', (format, text) => {
    expect(() => split(text, format)).toThrow(
      expect.objectContaining({ code: 'REQUEST_TOO_LARGE', place: { row: 3 } }),
    );
  });

  it('are bounded in size, each row and each field', () => {
    const long = 'x'.repeat(21);
    const most = 'x'.repeat(18);
    const many = `{"a":"${'x'.repeat(10)}"${',"b":1'.repeat(20)}}`;
    expect(texts(`order_id,region\n${most},"${most}"\n`, 'csv')).toHaveLength(1);
    expect(() => split(`order_id,region\n1,n\n2,"${long}"\n`, 'csv')).toThrow(
      expect.objectContaining({ code: 'REQUEST_TOO_LARGE', place: { row: 1, column: 'region' } }),
    );
    expect(() => split(`[{"order_id":1},{"order_id":1,"region":"${long}"}]`, 'json')).toThrow(
      expect.objectContaining({ code: 'REQUEST_TOO_LARGE', place: { row: 1, column: 'region' } }),
    );
    expect(() => split(many, 'ndjson')).toThrow(
      expect.objectContaining({
        code: 'REQUEST_TOO_LARGE',
        place: { row: 0 },
        message: expect.stringContaining('Row'),
      }),
    );
  });
});
