import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parseConfig } from '@millrace/dataset';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { planMemory } from './memory-plan.js';
import { proposeConfig } from './propose-config.js';
import { sampleFile } from './sample-file.js';
import { widenByRest } from './widen.js';

const directory = mkdtempSync(join(tmpdir(), 'millrace-samples-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const CSV = `order_id;Größe;day;paid\n${Array.from({ length: 200 }, (_, row) => `A-${row};${row},50;${(row % 28) + 1}.02.2026;${row % 2 === 0 ? 'yes' : 'no'}`).join('\n')}\n`;
const typesOf = async (path: string) => {
  const { fields, declared } = await sampleFile(path);
  return fields.map(({ name, type }, index) => `${name} ${declared?.[index].type ?? type}`);
};

describe('a look at a file', () => {
  it.each<[string, Uint8Array]>([
    ['plain.csv', Buffer.from(CSV)],
    ['packed.csv.gz', gzipSync(CSV)],
    ['packed.csv.zst', zstdCompressSync(CSV)],
    ['old.csv', Buffer.from(CSV, 'latin1')],
    ['old.csv.gz', gzipSync(Buffer.from(CSV, 'latin1'))],
    ['wide.csv', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(CSV, 'utf16le')])],
  ])('finds dialect, encoding and types of %s', async (name, bytes) => {
    const path = file(name, bytes);
    expect(await typesOf(path)).toEqual(['order_id text', 'Größe decimal', 'day date', 'paid boolean']);
    expect(await sampleFile(path)).toMatchObject({ rows: 200, complete: true, dialect: { delimiter: ';' } });
  });

  it('reads JSON lines, arrays and Parquet', async () => {
    const rows = Array.from({ length: 30 }, (_, row) => ({
      id: row,
      big: `9${row}`,
      tags: ['x'],
      at: '2026-01-01T00:00:00Z',
    }));
    const lines = rows.map((row) => JSON.stringify(row).replace('"big":"9', '"big":"99999999999')).join('\n');
    const expected = ['id integer', 'big bigint', 'tags json', 'at timestamp'];
    expect(await typesOf(file('a.jsonl', lines))).toEqual(expected);
    expect(await typesOf(file('a.json', JSON.stringify(rows)))).toEqual([
      'id integer',
      'big integer',
      'tags json',
      'at timestamp',
    ]);
    const parquet = parquetWriteBuffer({
      columnData: [
        { name: 'id', data: [1n, 2n, 3n], type: 'INT64' },
        { name: 'name', data: ['a', 'b', null], type: 'STRING' },
      ],
    });
    expect(await typesOf(file('a.parquet', new Uint8Array(parquet)))).toEqual(['id bigint', 'name text']);
  });

  it('widens a type by rows behind the sample', async () => {
    const path = file('widens.csv', `a,b\n${'1,2026-01-01\n'.repeat(100)}3000000000,soon\n`);
    const sample = await sampleFile(path, { rows: 50 });
    expect(sample.fields.map(({ type }) => type)).toEqual(['integer', 'date']);
    const whole = await widenByRest(sample);
    expect(whole).toMatchObject({ rows: 101, complete: true });
    expect(whole.fields.map(({ type }) => type)).toEqual(['bigint', 'text']);
  });
});

describe('a proposed config', () => {
  it('passes the checks, and explains its guesses', async () => {
    const sample = await sampleFile(file('Orders 2026 (1).csv', CSV));
    const { yaml, dataset, table } = proposeConfig(sample);
    const config = parseConfig(yaml, 'x.yaml');
    expect({ dataset, table }).toEqual({ dataset: 'orders_2026_1', table: 'orders_2026_1' });
    expect(config).toMatchObject({
      key: 'order_id',
      source: { pattern: 'Orders 2026 [(]1[)].csv', dialect: { delimiter: ';' } },
      columns: [
        { name: 'order_id', required: true },
        { name: 'größe', header: 'Größe', type: 'decimal', number: { decimal: ',' } },
        { name: 'day', type: 'date', formats: ['D.M.YYYY'] },
        { name: 'paid', type: 'boolean' },
      ],
    });
    expect(yaml).toContain('no value was seen twice');
  });

  it('passes the checks whatever the names are', async () => {
    const names = [
      '',
      '1',
      'null',
      'a"b',
      "it's",
      '#x',
      'a: b',
      ' ',
      'ü'.repeat(70),
      'A',
      'a',
      '- x',
      '{',
      '_source',
      'yes',
    ];
    const header = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
    const sample = await sampleFile(file('odd: name #1 {x}.csv', `${header}\n${names.map(() => '1').join(',')}\n`));
    const config = parseConfig(proposeConfig(sample).yaml, 'x.yaml');
    expect(config.columns).toHaveLength(names.length);
    expect(new Set(config.columns.map(({ name }) => name)).size).toBe(names.length);
  });

  it('of an ambiguous date leaves the choice to whoever knows', async () => {
    const { yaml } = proposeConfig(await sampleFile(file('when.csv', 'd,n\n01/02/2026,1\n03/04/2026,2\n')));
    expect(yaml).toMatch(/type: text {2}# dates that could be .*DD\/MM\/YYYY.*MM\/DD\/YYYY/);
  });
});

describe('a memory plan', () => {
  it.each([
    [10, 'eager'],
    [1.5, 'lazy'],
    [0.4, 'streaming'],
  ])('with %s times the need free is %s', async (times, mode) => {
    const sample = await sampleFile(file('plan.csv', CSV));
    const { need_bytes } = planMemory([sample], 2 ** 30);
    const plan = planMemory([sample], (times * need_bytes) / 0.7);
    expect(plan).toMatchObject({ mode, rows: 200 });
    expect(plan.ratio).toBeCloseTo(1 / times, 1);
    expect(plan.in_flight_bytes).toBeGreaterThanOrEqual(4 * plan.chunk_bytes);
  });

  it('scales a sample up to the whole file', async () => {
    const path = file('long.csv', `a,b\n${'12345,x\n'.repeat(10_000)}`);
    const plan = planMemory([await sampleFile(path, { rows: 100 })], 2 ** 30);
    expect(plan.rows).toBeGreaterThan(9_900);
    expect(plan.rows).toBeLessThan(10_100);
  });
});
