import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { loadPlan, loadPlans, planNamed } from '@millrace/dataset';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reportFiles } from './sections.js';
import { type Query, writeReport } from './write-report.js';

const datasets = join(import.meta.dirname, '../../../../datasets');
const files = reportFiles(planNamed(loadPlans(datasets), 'channel_sales'));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-report-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const read = (name: string) => readFileSync(join(directory, name), 'utf8');
const daily = (sale_date: string, channel: string) => ({
  sale_date,
  channel,
  sales: '3',
  quantity: '7',
  revenue: '-12.50',
  unit_price_sum: '180.00',
  min_unit_price: '60.00',
  max_unit_price: null,
  average_unit_price: '60.0000',
});
const product = (sale_date: string, product_id: string) => ({
  sale_date,
  product_id,
  sales: '1',
  quantity: '2',
  revenue: '9.00',
});

/** Answers as PostgreSQL would, until the query that must fail (counted from 1). */
function queryThat(fails_at = Number.POSITIVE_INFINITY): Query {
  let count = 0;
  return async (sql, [date]) => {
    count += 1;
    if (count === fails_at) throw new MillraceError('POSTGRES_UNREACHABLE', 'terminating connection');
    if (/reporting_daily_sales/.test(sql)) return [daily(String(date), '=cmd'), daily(String(date), 'web')];
    return [product(String(date), 'P-1'), product(String(date), '-2')];
  };
}

describe('a report', () => {
  it('is a pair of files a date, with numbers as numbers and text disarmed', async () => {
    const { files: written, error } = await writeReport(queryThat(), files, ['2026-01-01', '2026-01-02'], directory);
    expect(error).toBeUndefined();
    expect(written.map(({ rows }) => rows)).toEqual([2, 4, 2, 4]);
    expect(readdirSync(directory).sort()).toEqual([
      'daily_sales_2026-01-01.csv',
      'daily_sales_2026-01-02.csv',
      'top5_products_2026-01-01.csv',
      'top5_products_2026-01-02.csv',
    ]);
    expect(read('daily_sales_2026-01-02.csv')).toBe(
      'sale_date,channel,sales,quantity,revenue,unit_price_sum,min_unit_price,max_unit_price,average_unit_price\n' +
        "2026-01-02,'=cmd,3,7,-12.50,180.00,60.00,,60.0000\n" +
        '2026-01-02,web,3,7,-12.50,180.00,60.00,,60.0000\n',
    );
    expect(read('top5_products_2026-01-01.csv')).toBe(
      'ranking,rank,sale_date,product_id,sales,quantity,revenue\n' +
        'quantity,1,2026-01-01,P-1,1,2,9.00\n' +
        "quantity,2,2026-01-01,'-2,1,2,9.00\n" +
        'revenue,1,2026-01-01,P-1,1,2,9.00\n' +
        "revenue,2,2026-01-01,'-2,1,2,9.00\n",
    );
  });

  it('of a date without rows is a header', async () => {
    await writeReport(async () => [], files, ['2020-02-29'], directory);
    expect(read('daily_sales_2020-02-29.csv')).toMatch(/^sale_date,[^\n]*\n$/);
  });

  it('keeps the dates that were done and what was read of the file in hand when PostgreSQL fails', async () => {
    writeFileSync(join(directory, 'top5_products_2026-01-02.csv'), 'an older one\n');
    const dates = ['2026-01-01', '2026-01-02', '2026-01-03'];
    const result = await writeReport(queryThat(6), files, dates, directory);
    expect(result.error).toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
    expect(result.files.map(({ path }) => path.slice(directory.length + 1))).toEqual([
      'daily_sales_2026-01-01.csv',
      'top5_products_2026-01-01.csv',
      'daily_sales_2026-01-02.csv',
    ]);
    expect(result.missing.map((path) => path.slice(directory.length + 1))).toEqual([
      'top5_products_2026-01-02.csv',
      'daily_sales_2026-01-03.csv',
      'top5_products_2026-01-03.csv',
    ]);
    const partial = read('top5_products_2026-01-02.csv.partial');
    expect(partial).toMatch(/\nquantity,2,2026-01-02,[^\n]*\n# incomplete: [^\n]*\n$/);
    expect(partial).not.toContain('revenue,1,');
    expect(read('top5_products_2026-01-02.csv')).toBe('an older one\n');
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('leaves no partial file where nothing was read, nor after it was made whole', async () => {
    const failed = await writeReport(queryThat(4), files, ['2026-01-01', '2026-01-02'], directory);
    expect(failed.partial).toBeNull();
    writeFileSync(join(directory, 'daily_sales_2026-01-02.csv.partial'), 'left\n');
    await writeReport(queryThat(), files, ['2026-01-02'], directory);
    expect(readdirSync(directory).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('takes the gold by date of other datasets, under its own name, and refuses one that has none', () => {
    expect(reportFiles(planNamed(loadPlans(datasets), 'sales')).map(({ name }) => name)).toEqual(['sales_daily']);
    expect(() => reportFiles(loadPlan(join(datasets, 'ecommerce/products.yaml')))).toThrow('no gold table by date');
  });
});
