import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PLAIN_DIALECT } from '@millrace/contracts';
import { parseConfig, planOf } from '@millrace/dataset';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectSource } from './inspect-source.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-inspect-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const planWith = (source = '', columns = '') =>
  planOf(
    parseConfig(
      `name: people
source: { pattern: "*"${source && `, ${source}`} }
table: people
key: id
columns:
  - { name: id, type: text, required: true }
  - { name: name, type: text }
${columns}`,
      'people.yaml',
    ),
  );
const PLAN = planWith();
const DATED = planWith('', '  - { name: born, type: date, formats: auto }\n');

async function inspect(name: string, content: string | Buffer, plan = PLAN, sealed = true) {
  const path = join(directory, name);
  writeFileSync(path, content);
  const compression = name.endsWith('.gz') ? ('gzip' as const) : null;
  return inspectSource({ path, name, compression, sealed, sealed_bytes: Buffer.byteLength(content) }, plan);
}

describe('a CSV source', () => {
  it('of the plain dialect needs no context, whatever the order and number of its columns', async () => {
    for (const header of ['id,name', 'NAME,other', '"id"']) {
      const found = await inspect('a.csv', `${header}\n1,2\n`);
      expect(found?.context).toBeNull();
      expect(found?.observed).toMatchObject({ format: 'csv', dialect: PLAIN_DIALECT, findings: [] });
    }
  });

  it('has a context all the same when its path or its dates are asked for', async () => {
    const found = await inspect(
      'a.csv',
      'id,name\n1,2\n',
      planWith('', '  - { name: file, type: text, derive: "_file" }\n'),
    );
    const expected = { format: 'csv', path: 'a.csv', dialect: PLAIN_DIALECT, names: null, date_formats: {} };
    expect(found?.context).toEqual(expected);
  });

  it('of another dialect is detected, encoding and all', async () => {
    const rows = Array.from({ length: 30 }, (_, index) => `${index};"Zoë ${index}"`);
    const text = ['id;name', ...rows, ''].join('\r\n');
    const found = await inspect('a.csv', Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, 'utf16le')]));
    expect(found?.context).toMatchObject({ format: 'csv', path: 'a.csv', names: ['id', 'name'] });
    expect(found?.context?.dialect).toMatchObject({ delimiter: ';', quote: '"', encoding: 'utf-16le' });
    expect(found?.observed.findings.length).toBeGreaterThan(0);
    expect(found?.observed.fields?.map(({ name, type }) => [name, type])).toEqual([
      ['id', 'integer'],
      ['name', 'text'],
    ]);
  });

  it('is looked at behind its compression', async () => {
    const found = await inspect('a.tsv.gz', gzipSync(`id\tname\n${'1\tann\n'.repeat(20)}`));
    expect(found?.context?.dialect?.delimiter).toBe('\t');
  });

  it('is read as the config says, if it says so', async () => {
    const plan = planWith('dialect: { delimiter: "|", header_rows: 0 }');
    const found = await inspect('a.csv', '1|ann\n2|bob\n', plan);
    expect(found?.context).toMatchObject({ names: ['id', 'name'], dialect: { delimiter: '|', header_rows: 0 } });
    expect(found?.compared).toEqual({ drifts: [], is_ours: true });
    expect((await inspect('a.csv', 'a;b\n', planWith('dialect: plain')))?.context).toBeNull();
  });

  it('that is empty has no fields, and no drift', async () => {
    const found = await inspect('a.csv', '');
    expect(found).toMatchObject({ context: null, observed: { fields: null }, compared: { drifts: [] } });
  });

  it('whose header never ends is left to who cuts it', async () => {
    const found = await inspect('a.csv', 'x'.repeat(300 * 1024), planWith('dialect: plain'));
    expect(found?.observed.fields).toBeNull();
  });
});

describe('dates that the config leaves to detection', () => {
  const rows = (dates: string[]) => `id,born\n${dates.map((date, index) => `${index},${date}\n`).join('')}`;

  it('have the one format that all of them fit', async () => {
    const found = await inspect('a.csv', rows(['01/02/2024', '', '31/01/2024']), DATED);
    expect(found?.context?.date_formats).toEqual({ born: 'DD/MM/YYYY' });
    expect(found?.observed.findings).toEqual(['born is read as DD/MM/YYYY, by 2 sampled values.']);
  });

  it('have none when two formats would read them differently', async () => {
    const found = await inspect('a.csv', rows(['01/02/2024', '03/04/2024']), DATED);
    expect(found?.context?.date_formats).toEqual({});
    expect(found?.observed.findings[0]).toContain('No one format');
  });
});

describe('JSON', () => {
  it('is told by the name, and its fields by its first objects', async () => {
    const found = await inspect('a.jsonl', '{"id":1,"name":"ann"}\nno json\n{"id":2,"more":{"a":1}}\n');
    expect(found?.context).toEqual({
      format: 'json_lines',
      path: 'a.jsonl',
      dialect: null,
      names: null,
      date_formats: {},
    });
    expect(found?.observed.fields?.map(({ name }) => name)).toEqual(['id', 'name', 'more']);
    expect(found?.compared.drifts).toMatchObject([{ kind: 'new', column_name: 'more' }]);
    const array = await inspect('a.json', '[{"id":1},\n {"id":2,"name":"b"}]');
    expect(array?.observed.fields?.map(({ name }) => name)).toEqual(['id', 'name']);
  });
});

describe('a source that is still being written', () => {
  it('is decided as soon as its plain header is whole', async () => {
    expect(await inspect('a.csv', 'id,na', PLAN, false)).toBeNull();
    expect(await inspect('a.csv', '', PLAN, false)).toBeNull();
    expect((await inspect('a.csv', 'id,name\n1', PLAN, false))?.context).toBeNull();
    expect((await inspect('a.jsonl', '{"id":1}\n', PLAN, false))?.context?.format).toBe('json_lines');
  });

  it('waits until it is sealed when more must be known of it', async () => {
    expect(await inspect('a.csv', 'id;name\n1;2\n', PLAN, false)).toBeNull();
    expect(await inspect('a.csv', 'id,name,born\n1,2,\n', DATED, false)).toBeNull();
    expect(await inspect('a.json', '[{"id":1}', PLAN, false)).toBeNull();
    expect(await inspect('a.csv.gz', gzipSync('id,name\n'), PLAN, false)).toBeNull();
  });
});
