import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPlans, planNamed } from '@millrace/dataset';
import { digest } from '@millrace/postgres';
import { expectChannelSales, expectEcommerce, type GoldAnswer, type ReadyMadeAnswer, totalOf } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

const datasets = join(import.meta.dirname, '../../datasets');
const ecommerce = join(datasets, 'ecommerce');
const base = mkdtempSync(join(tmpdir(), 'millrace-ready-made-'));
const channels = join(base, 'channels');
const shop = join(base, 'shop');
let pipeline: Pipeline;

async function run(dataset: string, path: string) {
  const command = pipeline.command('run', '--once', '--dataset', dataset, '--path', path, '--json');
  const { exit_code, stderr } = await command.ended;
  expect(exit_code, stderr).toBe(0);
}

/** What must be as it was after a second run. */
async function contents(configs: string, ...names: string[]): Promise<unknown[]> {
  const plans = loadPlans(configs);
  const digests: unknown[] = [];
  for (const name of names) digests.push(await digest(pipeline.database, planNamed(plans, name)));
  return digests;
}

/** What a report must hold of one date: no cell of these files needs quotes. */
function expectedLines(gold: GoldAnswer, date: string): string[][] {
  const rows = gold.rows.filter(({ sale_date }) => sale_date === date);
  return rows.map((row) => [...gold.dimensions, ...gold.measures].map((name) => row[name]));
}

/** The lines of a report below its header; decimals without needless zeros. */
function reported(out: string, name: string): string[][] {
  const lines = readFileSync(join(out, name), 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) =>
    line.split(',').map((cell) => (/^\d+\.\d+$/.test(cell) ? cell.replace(/\.?0+$/, '') : cell)),
  );
}

describe('ready-made datasets', () => {
  beforeAll(async () => {
    pipeline = await Pipeline.start();
  });

  afterAll(async () => {
    await pipeline?.stop();
    rmSync(base, { recursive: true, force: true });
  });

  it('channel sales become what their answer key says: staging rows, daily figures, the best products of each day', async () => {
    const options = ['--rows', '4000', '--days', '6', '--seed', '3', '--bad', '0.05', '--dup', '0.05'];
    await pipeline.cli('generate', 'channel_sales', ...options, '--out', channels);
    await run('channel_sales', channels);
    const [{ totals }] = (await expectChannelSales(pipeline.database, channels)).tables;
    expect(totals.rejected_by_code.outlier).toBeGreaterThan(10);
    const before = await contents(datasets, 'channel_sales');
    await run('channel_sales', channels);
    expect(await contents(datasets, 'channel_sales')).toEqual(before);
  });

  it('report writes the files of each date from gold', async () => {
    const out = join(base, 'reports');
    const [{ gold, top }] = (JSON.parse(readFileSync(join(channels, 'answer.json'), 'utf8')) as ReadyMadeAnswer).tables;
    await pipeline.cli('report', '--date', '2026-01-04', '--to', '2026-01-05', '--out', out);
    const dates = ['2026-01-04', '2026-01-05'];
    expect(readdirSync(out).sort()).toEqual(
      dates.flatMap((date) => [`daily_sales_${date}.csv`, `top5_products_${date}.csv`]).sort(),
    );
    for (const date of dates) {
      expect(reported(out, `daily_sales_${date}.csv`)).toEqual(expectedLines(gold[0], date));
      const rankings = top.flatMap((view, at) =>
        expectedLines(view, date).map((line, rank) => [['quantity', 'revenue'][at], String(rank + 1), ...line]),
      );
      expect(rankings).toHaveLength(10);
      expect(reported(out, `top5_products_${date}.csv`)).toEqual(rankings);
    }
  });

  it('eight tables of a shop become what their answer key says, and a second run changes nothing', async () => {
    const sizes = ['--customers', '200', '--products', '40', '--orders', '900'];
    await pipeline.cli('generate', 'ecommerce', ...sizes, '--bad', '0.05', '--dup', '0.05', '--out', shop);
    await run(ecommerce, shop);
    const { tables } = await expectEcommerce(pipeline.database, shop);
    expect(totalOf(tables.map((table) => table.totals)).rows_in).toBeGreaterThan(5000);
    // What `consistency` says is what the answer key knows.
    const { references } = JSON.parse(await pipeline.cli('consistency', '--dataset', ecommerce, '--json')) as {
      references: { dataset: string; columns: string[]; missing: number }[];
    };
    const orphans = (list: [string, string[], number][]) => list.map((item) => item.join(' ')).sort();
    expect(orphans(references.map(({ dataset, columns, missing }) => [dataset, columns, missing]))).toEqual(
      orphans(tables.flatMap((table) => table.references.map((one) => [table.dataset, one.columns, one.orphans]))),
    );
    const names = tables.map(({ dataset }) => dataset);
    const before = await contents(ecommerce, ...names);
    // The largest table stands for all: each pass over eight takes seconds.
    await run(join(ecommerce, 'order_items.yaml'), shop);
    expect(await contents(ecommerce, ...names)).toEqual(before);
  });
});
