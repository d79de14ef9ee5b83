import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetConfig, loadPlan } from '@millrace/dataset';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANSWER_FILE } from '../generate-sales.js';
import { recompute } from '../ready-made/recompute.js';
import { recomputedAnswer } from '../ready-made/recomputed-answer.js';
import type { TableAnswer } from '../ready-made/table-answer.js';
import type { Row } from '../ready-made/table-shape.js';
import { ECOMMERCE_TABLES, type GenerateEcommerceOptions, generateEcommerce } from './generate-ecommerce.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-ecommerce-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const usual = { customers: 300, products: 40, orders: 1500, seed: 1, dup: 0.05, bad: 0.05, orphans: 0.02 };
const generate = (options: Partial<GenerateEcommerceOptions> = {}, into = directory) =>
  generateEcommerce({ ...usual, ...options, directory: into });
const bytesOf = (from: string) =>
  readdirSync(from)
    .sort()
    .map((name) => [name, readFileSync(join(from, name), 'latin1')]);

const configs = new Map(
  ECOMMERCE_TABLES.map((name) => {
    const file = join(import.meta.dirname, '../../../../datasets/ecommerce', `${name}.yaml`);
    return [name as string, loadPlan(file).config as DatasetConfig];
  }),
);
const firstOf = (row: Row, from: readonly string[]) => row[from[0]]!;
const derivations = {
  month: (row: Row, from: readonly string[]) => firstOf(row, from).slice(0, 7),
  net_amount: (row: Row, from: readonly string[]) => {
    const [quantity, price, percent] = from.map((name) => BigInt(Math.round(Number(row[name]) * 100)));
    const cents = (2n * quantity * price * (10_000n - percent) + 1_000_000n) / 2_000_000n;
    return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
  },
  'cast(ordered_at as date)': (row: Row) => row.ordered_at!.slice(0, 10),
  'cast(shipped_at as date)': (row: Row) => row.shipped_at!.slice(0, 10),
};
const conditions = {
  newsletter: (row: Row) => row.newsletter === 'true',
  "status <> 'cancelled'": (row: Row) => row.status !== 'cancelled',
};

/** What the files' text and the configs say, by code that shares nothing with the generator. */
function recomputeAll(): TableAnswer[] {
  const all = new Map(
    [...configs].map(([name, config]) => [
      name,
      { config, found: recompute(config, directory, [`${name}.csv`], derivations) },
    ]),
  );
  const sizes = new Map(ECOMMERCE_TABLES.map((name) => [`${name}.csv`, statSync(join(directory, `${name}.csv`)).size]));
  return [...all.values()].map(({ config }) => recomputedAnswer(config, all, sizes, conditions));
}

const tableOf = (tables: readonly TableAnswer[], name: string) => tables.find(({ table }) => table === name)!;

describe('generateEcommerce', () => {
  it('gives the same bytes for the same seed, and others for another', async () => {
    await generate({ orders: 300 }, join(directory, 'a'));
    await generate({ orders: 300 }, join(directory, 'b'));
    await generate({ orders: 300, seed: 2 }, join(directory, 'c'));
    expect(bytesOf(join(directory, 'a'))).toEqual(bytesOf(join(directory, 'b')));
    expect(bytesOf(join(directory, 'c'))).not.toEqual(bytesOf(join(directory, 'a')));
  });

  it.each<Partial<GenerateEcommerceOptions>>([
    {},
    { seed: 2, dup: 0.2, bad: 0.3, orphans: 0.1, orders: 800 },
    { seed: 3, dup: 0, bad: 0, orphans: 0, orders: 400 },
    { seed: 4, customers: 1, products: 1, orders: 1 },
  ])('knows what the files and the configs give, with %o', async (options) => {
    const answer = await generate(options);
    expect(answer.tables).toEqual(recomputeAll());
    expect(JSON.parse(readFileSync(join(directory, ANSWER_FILE), 'utf8'))).toEqual(answer);
  });

  it('writes as many clean rows as asked, and about as much dirt', async () => {
    const { tables } = await generate({ orders: 5000 });
    expect(tableOf(tables, 'customers').totals.written).toBe(300);
    expect(tableOf(tables, 'products').totals.written).toBe(40);
    const { totals, references } = tableOf(tables, 'orders');
    expect(totals.written).toBe(5000);
    expect(totals.duplicates / totals.rows_in).toBeCloseTo(0.05, 1);
    expect(totals.rejected / totals.rows_in).toBeCloseTo(0.05, 1);
    expect(references[0].orphans / totals.written).toBeCloseTo(0.02, 1);
    expect(Object.keys(totals.rejected_by_code)).toEqual([
      'blank',
      'not_decimal',
      'not_in_values',
      'not_integer',
      'not_timestamp',
      'out_of_range',
      'pattern_mismatch',
      'ragged_row',
    ]);
  });

  it('follows the week and the year', async () => {
    const { tables } = await generate({ orders: 8000, dup: 0, bad: 0 });
    const days = tableOf(tables, 'orders').gold[0].rows;
    const ordersWhere = (isWanted: (date: Date) => boolean) => {
      const wanted = days.filter(({ order_date }) => isWanted(new Date(order_date)));
      const dates = new Set(wanted.map(({ order_date }) => order_date));
      return wanted.reduce((sum, { orders }) => sum + Number(orders), 0) / dates.size;
    };
    const [saturday, tuesday] = [6, 2].map((weekday) => ordersWhere((date) => date.getUTCDay() === weekday));
    expect(saturday / tuesday).toBeGreaterThan(1.4);
    const [december, february] = [11, 1].map((month) => ordersWhere((date) => date.getUTCMonth() === month));
    expect(december / february).toBeGreaterThan(1.8);
    expect(new Set(days.map(({ order_date }) => order_date)).size).toBe(731);
  });

  it('has addresses with commas, names with accents, comments with quotes and newlines', async () => {
    await generate();
    const read = (name: string) => readFileSync(join(directory, `${name}.csv`), 'utf8');
    expect(read('customers')).toMatch(/^\ufeffcustomer_id,[\s\S]*,"[^"\n]+, \d+",[\s\S]*[äöüéèñ]/);
    expect(read('feedback')).toMatch(/""[\s\S]*,"[^"]+\n[^"]+"/);
  });

  it('replaces what an earlier run left, and nothing else', async () => {
    writeFileSync(join(directory, 'other.csv'), 'mine');
    await generate({ orders: 10 });
    await generate({ orders: 10 });
    expect(readdirSync(directory).sort()).toEqual(
      [ANSWER_FILE, 'other.csv', ...ECOMMERCE_TABLES.map((name) => `${name}.csv`)].sort(),
    );
  });

  it.each([{ dup: 0.6, bad: 0.6 }, { orders: 0 }, { orphans: 1 }])('refuses %o', async (options) => {
    await expect(generate(options)).rejects.toThrow(RangeError);
  });
});
