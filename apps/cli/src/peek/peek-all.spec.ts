import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeReport } from './describe.js';
import { type PeekAllOptions, peekAll } from './peek-all.js';
import type { PeekReport } from './peek-file.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-peek-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function place(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function peek(files: string[], options: PeekAllOptions = {}) {
  const said = { rows: '', rejects: '', failures: '', reports: [] as PeekReport[] };
  const failed = await peekAll(files, options, {
    rows: async (bytes) => {
      said.rows += bytes.toString();
    },
    rejects: (text) => {
      said.rejects += text;
    },
    report: (report) => said.reports.push(report),
    failure: (text) => {
      said.failures += text;
    },
  });
  return { ...said, failed };
}

const one = async (content: string | Buffer, options: PeekAllOptions = {}) => {
  const found = await peek([place('file.csv', content)], options);
  expect(found.failures).toBe('');
  return { ...found, report: found.reports[0] };
};

describe('peek', () => {
  it('prints what it reads as clean CSV', async () => {
    const { rows, report } = await one(
      'Report\n\nid;text;at\r\n1;"a;b";2024-01-31\r\n2; "c,d" ;2024-02-01\r\n3;e;2024-02-02\n',
    );
    expect(rows).toBe('id,text,at\n1,a;b,2024-01-31\n2,"c,d",2024-02-01\n3,e,2024-02-02\n');
    expect(report.dialect).toMatchObject({ delimiter: ';', preamble_lines: 2, short_rows: 'reject' });
    expect(report).toMatchObject({ names: ['id', 'text', 'at'], columns: 3, records: 3, rejected: 0 });
  });

  it('shows what a dataset would reject: rows filled up, cut, and with a quote that never closes', async () => {
    const text = 'a,b,c\n1,2,3\n4,5\n6,7,8,9\n"10,11,12\n"13",14,"1,5"\n"16",17,"1,8"\n';
    const { rows, report } = await one(text);
    expect(rows).toBe('a,b,c\n1,2,3\n4,5,\n6,7,8\n"""10",11,12\n13,14,"1,5"\n16,17,"1,8"\n');
    expect(report).toMatchObject({ records: 6, rejected: 0, padded: 1, cut: 1, unclosed: 1 });
    expect(describeReport(report)).toContain('1 row with more fields: what is too much is left out.');
  });

  it('rejects it when told to be strict, and shows why, where and what', async () => {
    const { rows, report, rejects } = await one('a;b\n1;2\n3\n4;5;6\n7;8\n', { strict: true, rejects: true });
    expect(rows).toBe('a,b\n1,2\n7,8\n');
    expect(report).toMatchObject({ records: 4, rejected: 2, padded: 0, cut: 0 });
    expect(rejects.replaceAll(directory, '')).toBe(
      '/file.csv: record 2 at byte 8: ragged_row: "3"\n/file.csv: record 3 at byte 10: ragged_row: "4;5;6"\n',
    );
  });

  it('rejects what belongs to a second table', async () => {
    const table = 'id,n\n1,2\n3,4\n';
    const { rows, report } = await one(table + table);
    expect(rows).toBe(table);
    expect(report).toMatchObject({ records: 5, rejected: 3 });
  });

  it('prints no header where there is none, and names columns that a header leaves out', async () => {
    expect((await one('1,2024-01-31\n2,2024-02-01\n3,2024-02-02\n')).rows).toBe(
      '1,2024-01-31\n2,2024-02-01\n3,2024-02-02\n',
    );
    expect((await one('id,price\n1,2.50,x y\n2,3.75,z\n3,4.25,w\n')).rows.split('\n')[0]).toBe('id,price,column_3');
  });

  it.each([
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdCompressSync(text)],
    ['UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['windows-1252', (text: string) => Buffer.from(text, 'latin1')],
  ])('reads %s', async (_, encode) => {
    const text = 'name,n\ncafé,1\nnaïve,2\n';
    expect((await one(encode(text))).rows).toBe(text);
  });

  it('reads a file of several chunks, whatever stands across their borders', async () => {
    const lines = Array.from({ length: 18_000 }, (_, n) => `${n};"text; of\n${n}";${'x'.repeat(50)}`);
    const { rows, report } = await one(`n;text;more\n${lines.join('\n')}\n`);
    expect(report.records).toBe(18_000);
    expect(rows).toBe(`n,text,more\n${lines.map((line) => line.replaceAll(/;(?!\s)/g, ',')).join('\n')}\n`);
  });

  it('goes by a dialect that it is given, and by its names', async () => {
    const dialect = place(
      'dialect.json',
      '{"delimiter": "|", "header_rows": 0, "column_names": ["x", "y"], "long_rows": "reject"}',
    );
    const { rows, report } = await one('1|2\n3|4|5\n6\n', { dialect });
    expect(rows).toBe('x,y\n1,2\n6,\n');
    expect(report).toMatchObject({ rejected: 1, confidence: null });
  });

  it('writes a file each into a directory, with the rejects beside', async () => {
    const files = [place('a.csv', 'x,y\n1,2\n3\n'), place('b.tsv', 'x\ty\n1\t2\n3\t4\n')];
    const out = join(directory, 'out');
    const found = await peek(files, { out, strict: true, rejects: true, suffix: '_converted.csv' });
    expect(found).toMatchObject({ rows: '', failed: 0 });
    const written = readdirSync(out).sort();
    expect(written).toEqual([
      'a.csv_converted.csv',
      'a.csv_converted.rejects.csv',
      'b.tsv_converted.csv',
      'b.tsv_converted.rejects.csv',
    ]);
    expect(written.map((file) => readFileSync(join(out, file), 'utf8'))).toEqual([
      'x,y\n1,2\n',
      'record,position,reason,raw\n2,8,ragged_row,3\n',
      'x,y\n1,2\n3,4\n',
      'record,position,reason,raw\n',
    ]);
  });

  it('goes on behind a file that cannot be read, and leaves nothing of it', async () => {
    mkdirSync(join(directory, 'out'));
    const broken = place('broken.csv', gzipSync('a,b\n1,2\n').subarray(0, 20));
    const found = await peek([join(directory, 'none.csv'), broken, place('good.csv', 'a\n1\n')], {
      out: join(directory, 'out'),
    });
    expect(found.failed).toBe(2);
    expect(found.failures).toContain('SOURCE_UNREADABLE');
    expect(readdirSync(join(directory, 'out'))).toEqual(['good.csv']);
  });

  it('takes an empty file for a table of nothing', async () => {
    const { rows, report } = await one('');
    expect(rows).toBe('');
    expect(report).toMatchObject({ records: 0, names: null, columns: 0 });
  });
});
