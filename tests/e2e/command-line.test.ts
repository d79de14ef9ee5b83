import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSales } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

const HEADER = 'order_id,product_name,category,quantity,unit_price,discount_percent,region,sale_date,customer_email\n';
const row = (id: string, quantity = '2') => `${id},Mug,kitchen,${quantity},10.50,10,west,2025-03-04,a@b.co\n`;

const base = mkdtempSync(join(tmpdir(), 'millrace-e2e-'));
let pipeline: Pipeline;

/** A directory with these files, by name. */
function directoryOf(name: string, files: Record<string, string>): string {
  const directory = join(base, name);
  mkdirSync(directory, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(directory, file), content);
  return directory;
}

const query = (sql: string) => pipeline.database.query<Record<string, unknown>>(sql);

describe('the command line', () => {
  beforeAll(async () => {
    pipeline = await Pipeline.start('cleaner=2');
  }, 120_000);

  afterAll(async () => {
    await pipeline?.stop();
    rmSync(base, { recursive: true, force: true });
  });

  it('run --once brings a dirty directory to exact rows, gold, duplicates and books, and ends with 0', async () => {
    const directory = join(base, 'generated');
    const answer = generateSales({ rows: 30_000, parts: 3, seed: 5, dup: 0.05, bad: 0.05, directory });
    const { exit_code, result, stderr } = await pipeline.run(directory);
    expect({ exit_code, rows_in: result.rows_in }, stderr).toEqual({ exit_code: 0, rows_in: 30_000 });
    await pipeline.expect(answer);
  }, 60_000);

  it('the same directory again brings nothing new', async () => {
    const before = await pipeline.digest();
    const { exit_code, result } = await pipeline.run(join(base, 'generated'));
    expect({ exit_code, rows_in: result.rows_in }).toEqual({ exit_code: 0, rows_in: 30_000 });
    expect(await pipeline.digest()).toEqual(before);
  }, 60_000);

  it('the same file under two names is all duplicates, and the books say of what', async () => {
    const content = HEADER + row('twice-1') + row('twice-2') + row('twice-3');
    const directory = directoryOf('twins', { 'a.csv': content, 'b.csv': content });
    expect((await pipeline.run(directory)).exit_code).toBe(0);
    expect(
      await query(`select path, rows_in::int, written::int, duplicates::int, balanced, complete
        from millrace.books where path like '%/twins/%' order by path`),
    ).toEqual([
      { path: join(directory, 'a.csv'), rows_in: 3, written: 3, duplicates: 0, balanced: true, complete: true },
      { path: join(directory, 'b.csv'), rows_in: 3, written: 0, duplicates: 3, balanced: true, complete: true },
    ]);
    expect(
      await query(`select record::int, key, winner_path, winner_record::int from millrace.duplicates_named
        where path like '%/twins/b.csv' order by record`),
    ).toEqual(
      [1, 2, 3].map((record) => ({
        record,
        key: `twice-${record}`,
        winner_path: join(directory, 'a.csv'),
        winner_record: record,
      })),
    );
  }, 60_000);

  it('takes what a file holds as a spreadsheet would: BOM, CRLF, quotes, comments, no last line end', async () => {
    const directory = directoryOf('dialects', {
      'bom.csv': `\ufeff${HEADER}${row('bom-1')}`,
      'crlf.csv': (HEADER + row('crlf-1') + row('crlf-2')).replaceAll('\n', '\r\n'),
      'empty.csv': '',
      'header.csv': HEADER,
      'open.csv': `${HEADER}# a comment\n\n${row('open-1').trimEnd()}`,
      'quoted.csv': `${HEADER}q-1,"A ""big"", red\nmug",kitchen, 007 ,.5,,,2025-02-30,nobody\n`,
      'half.csv.part': HEADER + row('part-1'),
      '.hidden.csv': HEADER + row('hidden-1'),
    });
    const { exit_code, result } = await pipeline.run(directory);
    expect({ exit_code, rows_in: result.rows_in, written: result.written }).toEqual({
      exit_code: 0,
      rows_in: 5,
      written: 5,
    });
    expect(
      await query(`select product_name, category, quantity, unit_price::text, discount_percent::text, region,
        sale_date::text, sale_month, customer_email, revenue::text, _record::int from sales where order_id = 'q-1'`),
    ).toEqual([
      {
        product_name: 'A "big", red\nmug',
        category: 'kitchen',
        quantity: 7,
        unit_price: '0.5000',
        discount_percent: '0',
        region: 'north',
        sale_date: '1970-01-01',
        sale_month: '1970-01',
        customer_email: null,
        revenue: '3.50',
        _record: 1,
      },
    ]);
    const [{ skipped }] = await query(`select skipped::int from millrace.books where path like '%/open.csv'`);
    expect(skipped).toBe(2);
  }, 60_000);

  it('ends with 2 when rejects pass the threshold, and keeps each with its reason and raw bytes', async () => {
    const directory = directoryOf('bad', { 'bad.csv': HEADER + row('') + row('bad-1', 'many') + row('good-1') });
    const { exit_code, result } = await pipeline.run(directory);
    expect({ exit_code, rejected: result.rejected, balanced: result.balanced }).toEqual({
      exit_code: 2,
      rejected: 2,
      balanced: true,
    });
    expect(
      await query(`select r.record::int, r."column", r.code, r.value, convert_from(r.raw, 'UTF8') as raw
        from millrace.rejects r join millrace.sources s on s.id = r.source where s.path like '%/bad.csv' order by 1`),
    ).toEqual([
      { record: 1, column: 'order_id', code: 'blank', value: '', raw: row('').trimEnd() },
      { record: 2, column: 'quantity', code: 'not_integer', value: 'many', raw: row('bad-1', 'many').trimEnd() },
    ]);
  }, 60_000);

  it('ends with 1 on a directory that is not there, and with 3 on a dataset that is not configured', async () => {
    expect((await pipeline.run(join(base, 'nowhere'))).exit_code).toBe(1);
    await expect(pipeline.cli('run', '--once', '--dataset', 'nothing', '--path', base, '--json')).rejects.toMatchObject(
      {
        code: 3,
      },
    );
  }, 60_000);

  it('with one of KAFKA_BROKERS and DATABASE_URL set says so, and starts nothing', async () => {
    const half = new Pipeline({ KAFKA_BROKERS: '127.0.0.1:9' });
    await expect(half.cli('up', '--detach')).rejects.toMatchObject({
      code: 3,
      stderr: expect.stringContaining('DATABASE_URL'),
    });
    await half.stop();
  }, 60_000);

  it('a second up is told of the first', async () => {
    await expect(pipeline.cli('up', '--detach')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/DIRECTORY_LOCKED[\s\S]*\d+/),
    });
  }, 60_000);

  it('a killed service shows up again with a new pid', async () => {
    const pid = await pipeline.signal('deduper-1', 'SIGKILL');
    const now = async () => (await pipeline.services()).find(({ instance }) => instance === 'deduper-1');
    await expect.poll(now, { timeout: 30_000 }).toMatchObject({ state: 'running', pid: expect.any(Number) });
    expect((await now())?.pid).not.toBe(pid);
  }, 60_000);

  it('endpoints, books, rejects and sql speak JSON', async () => {
    const endpoints = JSON.parse(await pipeline.cli('endpoints', '--json'));
    expect(endpoints).toEqual({
      database_url: expect.stringMatching(/^postgres/),
      kafka_brokers: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      metrics: expect.any(Array),
      ingest: [
        {
          instance: 'ingestor-1',
          url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
          rows_url: expect.stringMatching(/\/v1\/datasets\/:dataset\/rows$/),
          docs_url: expect.stringMatching(/\/docs$/),
        },
      ],
    });
    expect(endpoints.metrics).toHaveLength(5);
    const metrics = await (await fetch(endpoints.metrics[0])).text();
    expect(metrics).toContain('# HELP millrace_rows_total');
    expect(JSON.parse(await pipeline.cli('books', '--json')).books.length).toBeGreaterThan(5);
    expect(JSON.parse(await pipeline.cli('rejects', '--json')).summary.length).toBeGreaterThan(3);
    expect(JSON.parse(await pipeline.cli('sql', 'select 1 + 1 as two', '--json'))).toEqual([{ two: 2 }]);
  }, 60_000);
});
