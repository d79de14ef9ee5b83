import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, migrate, openDatabase, quote } from '@millrace/postgres';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

/** What a config may call things: all of it is a name, none of it SQL. */
const DROP = '"; drop table public.victim; --';
const names = {
  table: `x"; drop table public.victim; --`,
  gold: `g'); drop table public.victim; --`,
  view: 'pg_class',
  key: `'||(select 1)||'`,
  day: 'select',
  region: `re"gi\non \\ $1 ;`,
  amount: 'ünïcode-日本 €',
  long: 'n'.repeat(63),
  measure: DROP,
  lowest: `l'"`,
};
const config = {
  name: `hostile_${randomBytes(4).toString('hex')}`,
  source: { drift: 'evolve' },
  table: names.table,
  key: names.key,
  keep: `max(${names.amount})`,
  parts: 2,
  columns: [
    { name: names.key, header: 'id', type: 'text', required: true },
    { name: names.day, type: 'date', required: true },
    { name: names.region, header: 'region', type: 'text', default: 'none', dimension: true },
    { name: names.amount, header: 'amount', type: 'integer', required: true },
    { name: names.long, type: 'text', default: null },
  ],
  gold: [
    {
      table: names.gold,
      dimensions: [names.day, names.region],
      where: `"ünïcode-日本 €" > 0 and "select" is not null`,
      measures: { [names.measure]: 'count', [names.lowest]: `min(${names.amount})`, total: `sum(${names.amount})` },
    },
  ],
  top_n: [{ view: names.view, of: names.gold, by: 'total', within: [names.day], n: 3 }],
};

/** A header's fields: what a file may call its columns. The last one is longer than a name can be. */
const FOUND = [`"; drop table public.victim; --`, 'a\nb', 'user', '_source', 'ü'.repeat(2_000)];
const csv = (text: string) => `"${text.replaceAll('"', '""')}"`;

const base = mkdtempSync(join(tmpdir(), 'millrace-hostile-'));
const login = `writer_${randomBytes(4).toString('hex')}`;
let url: string;
let owner: Database;
let pipeline: Pipeline;

beforeAll(async () => {
  url = await createDatabase(process.env.DATABASE_URL!, 'hostile');
  await migrate(url);
  owner = await openDatabase(url, { role: 'test', max: 2 });
  await owner.query('create table public.victim (n int)');
  await owner.query(`create role ${login} login password 'w' in role millrace_writer`);
  const datasets = join(base, 'datasets');
  mkdirSync(datasets);
  mkdirSync(join(base, 'in'));
  writeFileSync(join(datasets, 'hostile.yaml'), JSON.stringify(config));
  writeFileSync(
    join(base, 'in', 'one.csv'),
    `id,select,region,amount,${names.long}\na,2026-01-31,"we""st;",3,x\nb,2026-01-31,east,4,y\nc,2026-01-31,east,bad,y\n`,
  );
  writeFileSync(
    join(base, 'in', 'two.csv'),
    `id,select,region,amount,${FOUND.map(csv).join(',')}\na,2026-01-31,north,5,v1,v2,v3,v4,v5\nb,2026-01-31,east,1,v6,v7,v8,v9,v10\n`,
  );
  pipeline = new Pipeline({
    KAFKA_BROKERS: process.env.KAFKA_BROKERS!,
    DATABASE_URL: Object.assign(new URL(url), { username: login, password: 'w' }).href,
    MILLRACE_DATASETS: datasets,
  });
});

afterAll(async () => {
  await pipeline?.stop();
  await owner.query(`reassign owned by ${login} to current_user; drop owned by ${login}`);
  await owner.close();
  await dropDatabase(url);
  const server = await openDatabase(process.env.DATABASE_URL!, { max: 1 });
  await server.query(`drop role ${login}`);
  await server.close();
  rmSync(base, { recursive: true, force: true });
});

describe("names of a config and of files' headers", () => {
  it('are names and nothing else, from file to gold, though the services may do much', async () => {
    const { ended } = pipeline.command('run', '--once', '--dataset', config.name, '--path', join(base, 'in'), '--json');
    const { exit_code, last, stderr } = await ended;
    expect({ exit_code, ...last }, stderr).toMatchObject({
      ...{ exit_code: 0, rows_in: 5, written: 2, duplicates: 2, rejected: 1, balanced: true, complete: true },
    });
    const found = await owner.query<{ name: string; header: string }>(
      'select name, header from millrace.evolved_columns where dataset = $1 order by found_at, name',
      [config.name],
    );
    expect(found.map(({ header }) => header).sort()).toEqual([...FOUND].sort());
    expect(found.every(({ name }) => Buffer.byteLength(name) <= 63 && !name.startsWith('_'))).toBe(true);
    const named = new Map(found.map(({ name, header }) => [header, name]));
    const rows = await owner.query<Record<string, unknown>>(
      `select * from public.${quote(names.table)} order by ${quote(names.key)}`,
    );
    expect(rows).toMatchObject([
      {
        [names.key]: 'a',
        [names.amount]: 5,
        [names.region]: 'north',
        [named.get(FOUND[0])!]: 'v1',
        [named.get(FOUND[4])!]: 'v5',
      },
      { [names.key]: 'b', [names.amount]: 4, [names.region]: 'east', [names.long]: 'y', [named.get(FOUND[1])!]: null },
    ]);
    expect(await owner.query('select * from public.victim')).toEqual([]);
  });

  it('are names in gold, rankings, duplicates and reports', async () => {
    const groups = [
      { [names.region]: 'east', [names.measure]: 1, [names.lowest]: 4, total: '4' },
      { [names.region]: 'north', [names.measure]: 1, [names.lowest]: 5, total: '5' },
    ];
    expect(await owner.query(`select * from public.${quote(names.gold)} order by total`)).toMatchObject(groups);
    expect(await owner.query(`select rank, total from public.${quote(names.view)} order by rank`)).toEqual([
      { rank: 1, total: '5' },
      { rank: 2, total: '4' },
    ]);
    expect(
      await owner.query('select key, record, winner_record from millrace.duplicates_named order by key, record'),
    ).toMatchObject([{ key: 'a' }, { key: 'b' }]);
    const out = join(base, 'out');
    await pipeline.cli('report', '--dataset', config.name, '--date', '2026-01-31', '--out', out);
    const files = readdirSync(out).sort();
    expect(files).toHaveLength(2);
    expect(files.map((file) => readFileSync(join(out, file), 'utf8')).join('')).toContain('north');
    for (const table of [names.table, names.gold]) {
      expect(
        await owner.query(`select tableowner from pg_tables where schemaname = 'public' and tablename = $1`, [table]),
      ).toEqual([{ tableowner: 'millrace_writer' }]);
    }
  });
});
