import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetConfig, loadPlan } from '@millrace/dataset';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANSWER_FILE } from '../generate-sales.js';
import { compareNaturally } from '../oracle/source-order.js';
import { recompute } from '../ready-made/recompute.js';
import { recomputedAnswer } from '../ready-made/recomputed-answer.js';
import type { TableAnswer } from '../ready-made/table-answer.js';
import type { Row } from '../ready-made/table-shape.js';
import { type GenerateChannelSalesOptions, generateChannelSales } from './generate-channel-sales.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-channels-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const usual = { rows: 3000, days: 6, from: '2026-01-01', seed: 1, dup: 0.05, bad: 0.06 };
const generate = (options: Partial<GenerateChannelSalesOptions> = {}, into = directory) =>
  generateChannelSales({ ...usual, ...options, directory: into });
const csvFiles = (from: string) =>
  readdirSync(from)
    .filter((name) => name.endsWith('.csv'))
    .sort(compareNaturally);
const read = (name: string) => readFileSync(join(directory, name), 'utf8');

const config = loadPlan(join(import.meta.dirname, '../../../../datasets/channel_sales.yaml')).config as DatasetConfig;
const derivations = {
  "coalesce(channel_given, split_part(split_part(_file, '/', -1), '_', 1))": (
    { channel_given }: Row,
    _from: unknown,
    file: string,
  ) => channel_given ?? file.split('_')[0],
  'cast("timestamp" as date)': (row: Row) => row.timestamp!.slice(0, 10),
  'quantity * unit_price': ({ quantity, unit_price }: Row) => {
    const cents = BigInt(quantity!) * BigInt(Math.round(Number(unit_price) * 100));
    return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
  },
  _file: (_row: Row, _from: unknown, file: string) => file,
};

function recomputed(): TableAnswer {
  const files = csvFiles(directory);
  const all = new Map([[config.name, { config, found: recompute(config, directory, files, derivations) }]]);
  return recomputedAnswer(config, all, new Map(files.map((name) => [name, statSync(join(directory, name)).size])), {});
}

describe('generateChannelSales', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    for (const [name, seed] of Object.entries({ a: 1, b: 1, c: 2 }))
      generate({ rows: 500, seed }, join(directory, name));
    const bytes = (name: string) => csvFiles(join(directory, name)).map((file) => read(join(name, file)));
    expect(bytes('a')).toEqual(bytes('b'));
    expect(bytes('c')).not.toEqual(bytes('a'));
  });

  it.each<Partial<GenerateChannelSalesOptions>>([
    {},
    { seed: 2, dup: 0.3, bad: 0.3, days: 5 },
    { seed: 3, dup: 0, bad: 0, rows: 800 },
    { seed: 4, rows: 40, days: 10, dup: 0.4, bad: 0.1 },
    { seed: 5, rows: 7900, days: 1, dup: 0.02, bad: 0.05 },
    { seed: 6, rows: 0, days: 2 },
    { seed: 7, rows: 200, days: 12, from: '2024-02-25', dup: 0.6, bad: 0.2 },
  ])('knows what the files and the config give, however quartiles are told, with %o', (options) => {
    const answer = generate(options);
    expect(answer.tables).toEqual([recomputed()]);
    expect(JSON.parse(read(ANSWER_FILE))).toEqual(answer);
  });

  it('keeps the outliers certain in files of every size', () => {
    for (let seed = 10; seed < 40; seed += 3) {
      const [{ totals }] = generate({ seed, rows: 30 + seed * 20, days: 5, dup: 0.3, bad: 0.3 }).tables;
      expect(totals).toEqual(recomputed().totals);
    }
  });

  it('makes every kind of file and dirt', () => {
    const [{ totals, files }] = generate({ rows: 6000, bad: 0.1 }).tables;
    expect(files.map(({ file }) => file).slice(0, 3)).toEqual([
      'all_2026-01-05.csv',
      'mobile_2026-01-01.csv',
      'mobile_2026-01-02.csv',
    ]);
    expect(read('all_2026-01-05.csv')).toMatch(/^sale_id,timestamp,product_id,quantity,unit_price,channel\n/);
    expect(read('mobile_2026-01-02.csv')).toMatch(/^channel,sale_id,.*\n[\s\S]*\n,MOBILE-/);
    expect(read('store_2026-01-01.csv')).toMatch(/\r\nSTORE-20260101-\d{5},01\.01\.2026 \d\d:\d\d,/);
    const all = files.map(({ file }) => read(file)).join('');
    for (const dirt of [/\n# /, /\n[ \t]*\r?\n/, /,-3,/, /,-64\.50/, /,yesterday,/, /\n,/, /,99999\.99/]) {
      expect(all).toMatch(dirt);
    }
    expect(Object.keys(totals.rejected_by_code)).toEqual([
      'blank',
      'not_decimal',
      'not_integer',
      'not_timestamp',
      'out_of_range',
      'outlier',
      'ragged_row',
    ]);
  });

  it('refuses more rows a file than fit one chunk, and says how many days they need', () => {
    expect(() => generate({ rows: 100_000, days: 2 })).toThrow('100000 rows need 13 days');
  });
});
