import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputFile, outputName, outputPaths } from './out-directory.js';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-peek-')));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('outputName', () => {
  it('ends in .csv, or in the suffix', () => {
    expect(['a.csv', 'd/b.tsv', 'c.txt.gz', 'd.CSV', 'e.csv.zst'].map((name) => outputName(name, null))).toEqual([
      'a.csv',
      'b.tsv.csv',
      'c.txt.csv',
      'd.CSV',
      'e.csv',
    ]);
    expect(outputName('a.csv', '_converted.csv')).toBe('a.csv_converted.csv');
  });
});

describe('outputPaths', () => {
  it('makes the directory, and gives each file a place in it', () => {
    const out = join(directory, 'new/out');
    expect(outputPaths(['x/a.csv', 'b.tsv'], out, null)).toEqual(
      new Map([
        ['x/a.csv', join(out, 'a.csv')],
        ['b.tsv', join(out, 'b.tsv.csv')],
      ]),
    );
  });

  it('refuses to write two files to one place, or over a source', () => {
    expect(() => outputPaths(['x/a.csv', 'y/a.csv'], directory, null)).toThrow('would both be written');
    expect(() => outputPaths([join(directory, 'a.csv')], directory, null)).toThrow('would be overwritten');
  });
});

describe('OutputFile', () => {
  it('is there when it is whole, and leaves nothing when it is discarded', () => {
    const kept = new OutputFile(join(directory, 'kept.csv'));
    kept.write(Buffer.from('a\n'));
    kept.write(Buffer.from('b\n'));
    expect(readdirSync(directory)).not.toContain('kept.csv');
    kept.finish();
    const discarded = new OutputFile(join(directory, 'discarded.csv'));
    discarded.write(Buffer.from('a\n'));
    discarded.discard();
    expect(readdirSync(directory)).toEqual(['kept.csv']);
    expect(readFileSync(join(directory, 'kept.csv'), 'utf8')).toBe('a\nb\n');
  });
});
