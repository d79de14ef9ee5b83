import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SOURCE_COLUMNS } from './answer-key.js';
import { compareNaturally, listSalesFiles } from './oracle/source-order.js';
import { answerOf, expectedOfFiles } from './oracle.js';

const header = SOURCE_COLUMNS.join(',');
const line = (order_id: string, quantity = '1') => `${order_id},Desk,office,${quantity},2.50,0,east,2024-01-05,x@y.z`;
const file = (name: string, ...lines: string[]) => ({
  file: name,
  bytes: Buffer.from([header, ...lines, ''].join('\n')),
});

describe('the oracle', () => {
  it('keeps the first of equal order ids and names it for each duplicate, across files', () => {
    const { rows, duplicates } = expectedOfFiles([
      file('a', line('1'), line('2')),
      file('b', line(' 2', '9'), line('3')),
    ]);
    expect(rows.map(({ file: name, record, order_id }) => [name, record, order_id])).toEqual([
      ['a', 1, '1'],
      ['a', 2, '2'],
      ['b', 2, '3'],
    ]);
    expect(duplicates).toEqual([{ file: 'b', record: 1, key: '2', winner_file: 'a', winner_record: 2 }]);
  });

  it('lets no rejected record win', () => {
    const { rows, rejects, duplicates } = expectedOfFiles([file('a', line('1', 'x'), line('1'))]);
    expect(rejects).toEqual([{ file: 'a', record: 1, column: 'quantity', code: 'not_integer' }]);
    expect(rows.map(({ record }) => record)).toEqual([2]);
    expect(duplicates).toEqual([]);
  });

  it('rejects ragged rows as a whole', () => {
    const { rejects } = expectedOfFiles([file('a', 'x', `${line('1')},`)]);
    expect(rejects.map(({ column, code }) => [column, code])).toEqual([
      [null, 'ragged_row'],
      [null, 'ragged_row'],
    ]);
  });

  it('adds up gold from the rows that won only', () => {
    const { gold } = expectedOfFiles([file('a', line('1', '2'), line('1', '9'), line('2', '3'))]);
    const measures = { orders: '2', quantity: '5', revenue: '12.50' };
    expect(gold).toEqual({
      sales_by_month_region_category: [{ sale_month: '2024-01', region: 'east', category: 'office', ...measures }],
      sales_by_product: [{ product_name: 'Desk', ...measures, unit_price_sum: '5.0000', average_price: '2.5000' }],
      sales_daily: [{ sale_date: '2024-01-05', region: 'east', ...measures }],
    });
  });

  it('keeps books that balance', () => {
    const { totals } = answerOf(expectedOfFiles([file('a', line('1'), '# note', line('1'), line('2', '0'))]));
    expect(totals).toEqual({
      rows_in: 3,
      written: 1,
      duplicates: 1,
      rejected: 1,
      skipped: 1,
      rejected_by_code: { out_of_range: 1 },
    });
  });
});

describe('source order', () => {
  it('compares runs of digits as numbers', () => {
    const names = ['part_10.csv', 'part_2.csv', 'part_02.csv', 'a/9.csv', 'a/10.csv', 'part_1_b.csv'];
    expect(names.sort(compareNaturally)).toEqual([
      'a/9.csv',
      'a/10.csv',
      'part_1_b.csv',
      'part_02.csv',
      'part_2.csv',
      'part_10.csv',
    ]);
  });

  it('lists files below folders, and neither hidden nor half-written ones', () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-oracle-'));
    try {
      mkdirSync(join(directory, 'may'));
      mkdirSync(join(directory, '.hidden'));
      for (const name of ['b.csv', 'may/a.csv', '.c.csv', '.hidden/d.csv', 'e.csv.part', 'answer.json']) {
        writeFileSync(join(directory, name), header);
      }
      expect(listSalesFiles(directory)).toEqual(['b.csv', 'may/a.csv']);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
