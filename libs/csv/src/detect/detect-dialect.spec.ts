import { isPlain, PLAIN_DIALECT } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRows } from '../index.js';
import { DETECTION_BYTES, detectDialect } from './detect-dialect.js';

const detect = (text: string, known_columns?: string[]) =>
  detectDialect(Buffer.from(text), { complete: true, known_columns });

const NAMES = ['id', 'name', 'price', 'sold_at'];
const RECORDS = [
  ['A-1', 'Blue boots', '74.69', '2024-01-31'],
  ['A-2', 'Red hat', '5.00', '2024-02-01'],
  ['B-17', 'Socks', '12.50', '2024-02-02'],
  ['C-3', 'Green coat', '99.99', '2024-02-03'],
];

function written(delimiter: string, options: { quote?: string; end?: string; names?: string[] } = {}): string {
  const { quote = '', end = '\n', names = NAMES } = options;
  const rows = names.length > 0 ? [names, ...RECORDS] : RECORDS;
  return rows.map((row) => row.map((cell) => quote + cell + quote).join(delimiter) + end).join('');
}

describe('the delimiter', () => {
  it.each([',', ';', '\t', '|', '~', '^', '\x1f', '||', '::', '~|~', ';;'])('is found: %j', (delimiter) => {
    const { dialect, columns, confidence } = detect(written(delimiter));
    expect(dialect.delimiter).toBe(delimiter);
    expect(columns).toBe(4);
    expect(confidence).toBeGreaterThan(0.7);
  });

  it('may be a blank when quotes keep texts together', () => {
    expect(detect(written(' ', { quote: '"' })).dialect.delimiter).toBe(' ');
  });

  it('is comma and blank when quotes stand behind the blank', () => {
    expect(detect(written(', ', { quote: '"' })).dialect.delimiter).toBe(', ');
    expect(detect(written(', ')).dialect.delimiter).toBe(',');
  });

  it('is one character where all values begin with the same one', () => {
    expect(detect('a;b;c\n/x;/y;/z\n/p;/q;/r\n/s;/t;/u\n').dialect.delimiter).toBe(';');
    expect(detect('id,colour\nred,#ff0000\ngreen,#00ff00\n').dialect.delimiter).toBe(',');
  });

  it('is the semicolon where commas are decimal', () => {
    expect(detect('a;b;c\n1,5;2,25;3,5\n1,75;2,5;3,25\n').dialect.delimiter).toBe(';');
  });

  it('is no colon of a time, and no blank between date and time', () => {
    expect(detect('at,n\n2024-01-31 10:00:00,5\n2024-01-31 11:30:00,6\n').dialect.delimiter).toBe(',');
    expect(detect('at\n10:00:00\n11:30:00\n').dialect.delimiter).toBe(',');
  });

  it('is found in spite of dirty rows', () => {
    const dirty = `${written(';')}A-9;one too many;1.00;2024-01-31;x\nbroken\n`;
    expect(detect(dirty).dialect.delimiter).toBe(';');
  });
});

describe('the plain dialect', () => {
  it.each([
    ['a plain file', written(',')],
    ['CRLF', written(',', { end: '\r\n' })],
    ['nothing', ''],
    ['one column', 'name\nJohn Smith\nJane Doe\nSomebody Else\n'],
    ['prose', 'It was, all in all, a day.\nNothing; nothing at all | happened.\nThen night fell.\n'],
    ['a header only', 'id,name,price\n'],
    ['quotes with commas, line ends and doubled quotes', 'a,b\n1,"x, ""y""\nz"\n2,"p, q"\n'],
  ])('is the answer for %s', (_, text) => {
    expect(isPlain(detect(text).dialect)).toBe(true);
  });

  it('is the answer wherever the writer of it wrote a table with typed columns', () => {
    const cell = fc.stringMatching(/^[a-z]{1,8}( [a-z,;"']{1,6}){0,2}$/);
    const row = fc.tuple(
      cell,
      fc.integer(),
      fc.date({ min: new Date(0), max: new Date(2 ** 41), noInvalidDate: true }),
      cell,
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 3, maxLength: 20 }), (rows) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const lines = rows.map(([a, n, d, b]) => [quoted(a), n, d.toISOString().slice(0, 10), quoted(b)].join(','));
        expect(isPlain(detect(`first,number,day,second\n${lines.join('\n')}\n`).dialect)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('quotes and escapes', () => {
  it('finds apostrophes as quotes, but not those within words', () => {
    expect(detect(written(',', { quote: "'" })).dialect.quote).toBe("'");
    expect(detect("a,b\n1,Men's boots\n2,Kids' hats\n3,won't fit\n").dialect.quote).toBe('"');
  });

  it('finds the backslash before quotes', () => {
    const text = 'a,b,c\n1,"say \\"hi\\", please",x\n2,"48\\"",y\n3,"plain",z\n';
    expect(detect(text).dialect.escape).toBe('\\');
    expect(detect('a,b\n1,"C:\\\\dir"\n2,"x ""y"""\n').dialect.escape).toBe('"');
  });

  it('finds that nothing stands before quotes within quotes', () => {
    const rows = ['1,"a 5" pipe, long",x', '2,"48"",y', '3,"7" wide",z', '4,"plain, text",w', '5,"p, q",v'];
    expect(detect(`n,text,end\n${rows.join('\n')}\n`).dialect.escape).toBeNull();
  });

  it('finds that there are no quotes where inches stand at the begin of fields', () => {
    const rows = ['"5;pipe;1', '"7;hose;2', 'x"y;a";3', '"9;nut;4'];
    expect(detect(`size;what;n\n${rows.join('\n')}\n`).dialect.quote).toBeNull();
  });
});

describe('record ends', () => {
  it.each([
    ['\n', 'lf'],
    ['\r\n', 'lf'],
    ['\r', 'cr'],
  ])('%j is %s', (end, expected) => {
    expect(detect(written(',', { end })).dialect.record_end).toBe(expected);
  });

  it('are any when CRs alone end lines beside LFs', () => {
    expect(detect('a,b\n1,2\r3,4\n5,6\r7,8\n').dialect.record_end).toBe('any');
  });

  it('are LF when a CR stands within a value now and then', () => {
    expect(detect(`${written(',')}D-1,"two\rlines",1.00,2024-03-01\n`).dialect.record_end).toBe('lf');
  });
});

describe('the header', () => {
  it('is found above columns of values', () => {
    expect(detect(written(',')).dialect).toMatchObject({ header_rows: 1, preamble_lines: 0 });
  });

  it('is missed when the first line is a record', () => {
    const found = detect(written(',', { names: [] }));
    expect(found.dialect.header_rows).toBe(0);
    expect(found.findings.join(' ')).toContain('There is no header');
  });

  it('may have several rows', () => {
    expect(detect(`group,,amounts,\n${written(',')}`).dialect).toMatchObject({ header_rows: 2, preamble_lines: 0 });
    expect(detect(`${NAMES}\n${NAMES}\n${written(',')}`).dialect.header_rows).toBe(3);
  });

  it('may have years as titles', () => {
    expect(detect('country,2019,2020,2021\nFrance,12,14,15\nPeru,3,5,8\nChad,2,2,1\n').dialect.header_rows).toBe(1);
  });

  it('is the first line where all columns are texts', () => {
    expect(detect('name,city\nAnn,Oslo\nBob,Rome\n').dialect.header_rows).toBe(1);
  });

  it('is found behind a preamble of lines with and without delimiters', () => {
    expect(detect(`Report of 2024\n\nmade by hand\n${written(',')}`).dialect).toMatchObject({
      header_rows: 1,
      preamble_lines: 3,
    });
    expect(detect(`REPORT,,,\n,,,\n${written(',')}`).dialect).toMatchObject({ header_rows: 1, preamble_lines: 2 });
  });

  it('is found although a delimiter is missing in it, there is one too many, or it has another one', () => {
    const [, ...records] = written(',').split('\n');
    for (const header of [
      'id,nameprice,sold_at',
      ',id,name,price,sold_at',
      'id name price sold_at',
      '"id,name,"price",sold_at',
    ]) {
      expect(detect([header, ...records].join('\n')).dialect).toMatchObject({ header_rows: 1, preamble_lines: 0 });
    }
  });

  it('stays one row when the first record is broken', () => {
    const [header, first, ...rest] = written(',').split('\n');
    for (const broken of [first.replace(',', ''), `,${first}`, first.replaceAll(',', ' ')]) {
      expect(detect([header, broken, ...rest].join('\n')).dialect).toMatchObject({ header_rows: 1, preamble_lines: 0 });
    }
  });

  it('is where the known columns are named, whatever their case', () => {
    const text = `export,of,all,orders\n${written(';').replace('id;name', 'ID;Name')}`;
    expect(detect(text, ['id', 'name', 'price']).dialect).toMatchObject({
      delimiter: ';',
      header_rows: 1,
      preamble_lines: 1,
    });
  });

  it('of numbers is found by the known columns', () => {
    expect(detect('1,2,3\n7,8,9\n4,5,6\n', ['1', '2', '3']).dialect.header_rows).toBe(1);
    expect(detect('1,2,3\n7,8,9\n4,5,6\n').dialect.header_rows).toBe(0);
  });
});

describe('lines that are no records', () => {
  it('finds another prefix of comments than #', () => {
    const lines = written(',').split('\n');
    const text = ['// made by hand', lines[0], lines[1], '// a remark', ...lines.slice(2)].join('\n');
    expect(detect(text).dialect).toMatchObject({ comment: '//', preamble_lines: 0 });
  });

  it('leaves # as it is: comments at the top are no preamble', () => {
    expect(isPlain(detect(`# made by hand\n${written(',')}`).dialect)).toBe(true);
  });

  it('finds that # begins no comment when such lines are records', () => {
    expect(detect('#id,colour\n#1,#ff0000\n#2,#00ff00\n#3,#0000ff\n').dialect.comment).toBeNull();
  });

  it('finds that the last line with # is the header when it is as wide as the values below', () => {
    const text = '# made by hand, in May\n# time,force,length\n0.1,2.5,3\n0.2,2.6,3\n0.3,2.4,3\n';
    expect(detect(text).dialect).toMatchObject({ comment: null, preamble_lines: 1, header_rows: 1 });
    expect(detect(`# a, remark, only\n${text.slice(text.indexOf('# time') + 2)}`).dialect).toMatchObject({
      comment: '#',
    });
  });

  it('finds a header that begins with #', () => {
    expect(detect('#id,price\n1,2.50\n2,3.75\n').dialect).toMatchObject({ comment: null, header_rows: 1 });
  });

  it('finds a footer behind a blank line, and one that begins like a note, when the text is there as a whole', () => {
    const text = written(',');
    expect(detect(`${text}\n4 records\n`).dialect.footer_lines).toBe(1);
    expect(detect(`${text}Total,,192.18,\nSource: the shop\n`).dialect.footer_lines).toBe(2);
    expect(detectDialect(Buffer.from(`${text}\n4 records\n`)).dialect.footer_lines).toBe(0);
  });

  it('takes a broken record at the end for a record', () => {
    expect(detect(`${written(',')}D-1;Hat;1.00;2024-03-01\n`).dialect.footer_lines).toBe(0);
  });

  it('reads back what it found: preamble, header and footer are left out', () => {
    const text = Buffer.from(`Report\n\n${written(';')}\nend of file\n`);
    const rows = [...readRows(text, detectDialect(text, { complete: true }).dialect)];
    expect(rows.map(({ fields }) => fields)).toEqual(RECORDS);
  });
});

describe('the answer', () => {
  it('is the same for the same bytes, and depends on the first ones only', () => {
    const long = Buffer.from(written(';').repeat(2000));
    const found = detectDialect(long);
    expect(detectDialect(Buffer.from(long))).toEqual(found);
    expect(detectDialect(Buffer.concat([long.subarray(0, DETECTION_BYTES), Buffer.from('|,\t'.repeat(9999))]))).toEqual(
      found,
    );
  });

  it('comes for any bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.string({ unit: fc.constantFrom(...',;\t|"\'\\\n\r #a1 ') })),
        (bytes) => {
          const { dialect, confidence, findings } = detectDialect(Buffer.from(bytes), { complete: true });
          expect(Object.keys(dialect)).toEqual(Object.keys(PLAIN_DIALECT));
          expect(confidence).toBeGreaterThanOrEqual(0);
          expect(confidence).toBeLessThanOrEqual(1);
          expect(findings.length).toBeGreaterThan(1);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('decodes what is no UTF-8', () => {
    const text = written(';').replace('Blue boots', 'Blaue Schühchen');
    expect(detectDialect(Buffer.from(text, 'latin1')).dialect).toMatchObject({
      encoding: 'windows-1252',
      delimiter: ';',
    });
    expect(detectDialect(Buffer.from(text, 'utf16le')).dialect).toMatchObject({ encoding: 'utf-16le', delimiter: ';' });
  });

  it('says in words what was found', () => {
    expect(detect(`Report\n${written(';', { quote: '"' })}`).findings).toEqual([
      'Encoding utf-8: there is ASCII only.',
      'Records end with LF.',
      'Delimiter a semicolon: 5 of 6 records have 4 fields (a comma: 6 of 6 have 1).',
      'Quote a quotation mark: 20 fields are quoted with it.',
      '1 line stands before the table.',
      'Line 2 is the header: titles above columns of values.',
    ]);
  });
});
