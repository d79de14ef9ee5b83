import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LENIENT_DIALECT, parseDialect, readDialect } from './dialect-file.js';

describe('parseDialect', () => {
  it('takes fields of a dialect; the others are those of the plain one, but nothing is rejected', () => {
    expect(parseDialect({ delimiter: ';', quote: "'", header_rows: 2 })).toEqual({
      dialect: { ...LENIENT_DIALECT, delimiter: ';', quote: "'", escape: "'", header_rows: 2, encoding: null },
      names: null,
      columns: null,
    });
    expect(parseDialect({ long_rows: 'reject', encoding: 'utf-16le', comment: null }).dialect).toMatchObject({
      long_rows: 'reject',
      short_rows: 'pad',
      encoding: 'utf-16le',
      comment: null,
    });
  });

  it('takes the words of a dataset for escapes', () => {
    expect(parseDialect({ escape: 'backslash' }).dialect.escape).toBe('\\');
    expect(parseDialect({ escape: 'none' }).dialect.escape).toBeNull();
    expect(parseDialect({ quote: "'", escape: 'doubled' }).dialect.escape).toBe("'");
  });

  it("takes the Pollock benchmark's parameters, and leaves out what is not about reading", () => {
    const parameters = {
      encoding: 'ascii',
      encoding_confidence: 0.9,
      delimiter: ', ',
      quotechar: "'",
      escapechar: '\\',
      row_delimiter: '\r\n',
      header_lines: '2',
      preamble_lines: 3,
      footnote_lines: 1,
      column_names: ['a', 'b'],
      n_columns: 2,
    };
    expect(parseDialect(parameters)).toEqual({
      dialect: {
        ...LENIENT_DIALECT,
        delimiter: ', ',
        quote: "'",
        escape: '\\',
        record_end: 'lf',
        header_rows: 2,
        preamble_lines: 3,
        footer_lines: 1,
        encoding: null,
      },
      names: ['a', 'b'],
      columns: 2,
    });
    expect(
      parseDialect({ ...parameters, escapechar: '', row_delimiter: '\r', encoding: 'UTF_16_LE', delimiter: '' })
        .dialect,
    ).toMatchObject({
      escape: null,
      record_end: 'cr',
      encoding: 'utf-16le',
      delimiter: ',',
    });
  });

  it.each([
    [[], 'a JSON object'],
    [{ delimeter: ';' }, 'delimeter is no field'],
    [{ delimiter: 5 }, 'delimiter is no text'],
    [{ delimiter: '' }, 'delimiter is empty'],
    [{ quote: 'xx' }, 'not one character'],
    [{ header_rows: -1 }, 'header_rows is no whole number'],
    [{ record_end: 'crcr' }, 'record_end is one of any'],
    [{ encoding: 'klingon' }, 'encoding klingon is not known'],
    [{ encoding: 'big5' }, 'encoding big5 cannot be read'],
    [{ column_names: 'a' }, 'column_names is no list'],
  ])('refuses %j', (json, reason) => {
    expect(() => parseDialect(json)).toThrow(reason);
  });
});

describe('readDialect', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-peek-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('takes one file for all, or one of a directory for each', () => {
    writeFileSync(join(directory, 'a.csv_parameters.json'), '{"delimiter": "|"}');
    expect(readDialect(directory, '/elsewhere/a.csv').dialect.delimiter).toBe('|');
    expect(readDialect(join(directory, 'a.csv_parameters.json'), 'b.csv').dialect.delimiter).toBe('|');
  });

  it('names the file where there is none, or none that can be used', () => {
    writeFileSync(join(directory, 'bad.json'), '{');
    expect(() => readDialect(directory, 'b.csv')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', place: { file: join(directory, 'b.csv_parameters.json') } }),
    );
    expect(() => readDialect(join(directory, 'bad.json'), 'b.csv')).toThrow('no dialect can be read from it');
  });
});
