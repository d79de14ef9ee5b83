import { CHUNK_FLAG, LIMITS, MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { headerOf, parseHeader, parseRecords, RECORD_FAULT, readHeader, readRows, SLOT_STRIDE } from './index.js';
import { cutText, dialectOf, readerOf } from './testing/dialects.js';

async function headOf(text: string, parts = {}, sealed = true) {
  const file = Buffer.from(text);
  const dialect = dialectOf(parts);
  const head = await readHeader(readerOf(file), file.length, { sealed, dialect });
  if (head && sealed) {
    expect(headerOf(file, dialect)).toEqual(head);
    expect(parseHeader(head.header, dialect)).toEqual(head.names ?? []);
  }
  return head && [head.header.toString(), head.header_end, head.names];
}

describe('the header', () => {
  it('stands behind a BOM, a preamble whatever it holds, comments and blank lines', async () => {
    const begin = '\ufeffmade by "me\n\n;;\n# x\n \n';
    const end = Buffer.byteLength(`${begin}a;"b;c"\r\n`);
    const parts = { delimiter: ';', comment: '#', preamble_lines: 3 };
    expect(await headOf(`${begin}a;"b;c"\r\n1;2\n`, parts)).toEqual(['a;"b;c"\r\n', end, ['a', 'b;c']]);
  });

  it('joins several rows with a blank', async () => {
    const text = 'Q1,,Q2\n#\nnet, gross ,net,x\n1,2,3,4\n';
    const names = ['Q1 net', 'gross', 'Q2 net', 'x'];
    expect(await headOf(text, { header_rows: 2, comment: '#' })).toEqual([text.slice(0, 27), 27, names]);
  });

  it('is empty where the dialect has none', async () => {
    expect(await headOf('\ufeff1,2\n', { header_rows: 0 })).toEqual(['', 3, null]);
    expect(await headOf('x\n1,2\n', { header_rows: 0, preamble_lines: 1 })).toEqual(['', 2, null]);
    expect(await headOf('', { header_rows: 0 })).toEqual(['', 0, null]);
  });

  it('keeps a quote that never closes as part of a name', async () => {
    expect(await headOf('"a,b,"c"\n1,2,"3"\n')).toEqual(['"a,b,"c"\n', 9, ['"a', 'b', 'c']]);
  });

  it('is not there in an empty source, nor before its end has come', async () => {
    expect(await headOf('')).toEqual(null);
    expect(await headOf('\n\n')).toEqual(null);
    for (const text of ['a,b', 'a,b\r', '"a\n', 'x']) expect(await headOf(text, {}, false)).toBeNull();
    expect(await headOf('x', { header_rows: 0, preamble_lines: 1 }, false)).toBeNull();
    expect(await headOf('a,b\n', {}, false)).toEqual(['a,b\n', 4, ['a', 'b']]);
  });

  it('may stand behind a long preamble, but has a limit itself', async () => {
    const preamble = `${'x'.repeat(LIMITS.header_bytes * 5)}\n`;
    expect((await headOf(`${preamble}a\n`, { preamble_lines: 1 }))?.[0]).toBe('a\n');
    await expect(headOf(`${'x'.repeat(LIMITS.header_bytes)}\n`)).rejects.toSatisfy(
      (error) => error instanceof MillraceError && error.code === 'HEADER_TOO_LONG',
    );
  });
});

describe('the footer', () => {
  const text = 'a,b\n1,2\n3,4\n\nTotal "of\nall, 2\n\n';
  const footer = Buffer.from(text.slice(text.indexOf('\nTotal')));

  it('is passed over, with the blank lines around it, which are not counted', async () => {
    const dialect = dialectOf({ footer_lines: 2 });
    const { chunks } = (await cutText(Buffer.from(text), dialect))!;
    expect(chunks.map(({ records, flags }) => [records, flags])).toEqual([
      [2, 0],
      [0, CHUNK_FLAG.passed_over],
    ]);
    expect(chunks[1].raw).toEqual(footer);
    expect([...readRows(Buffer.from(text), dialect)].map(({ fields }) => fields)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  it('is held back as long as the source grows', async () => {
    const { chunks } = (await cutText(Buffer.from(text), dialectOf({ footer_lines: 3 }), { sealed: false }))!;
    expect(chunks.map(({ byte_end, records }) => [byte_end, records])).toEqual([[8, 1]]);
  });

  it('is all that stands behind the header when there are no more lines', async () => {
    const { chunks } = (await cutText(Buffer.from('a,b\n1,2\n'), dialectOf({ footer_lines: 3 })))!;
    expect(chunks.map(({ byte_start, flags }) => [byte_start, flags])).toEqual([[4, CHUNK_FLAG.passed_over]]);
  });

  it('begins at the same byte wherever the source is cut on, at most so many bytes before its end', async () => {
    const line = `${'x'.repeat(99)}\n`;
    const file = Buffer.from(`a,b\n${line.repeat(2000)}`);
    const dialect = dialectOf({ footer_lines: 5000 });
    for (const chunk_bytes of [700, 65_536, LIMITS.chunk_bytes]) {
      const { chunks } = (await cutText(file, dialect, { chunk_bytes }))!;
      const passed = chunks.filter(({ flags }) => flags === CHUNK_FLAG.passed_over);
      expect(file.length - passed[0].byte_start).toBe(65_500);
      expect(chunks.reduce((sum, { records }) => sum + records, 0)).toBe(2000 - 655);
    }
  });
});

describe('short and long records', () => {
  const raw = Buffer.from('1\n1,2\n1,2,3\n1,2,3,4\n');
  const parse = (parts: object, width?: number, map = [0, 1]) => {
    const slots = Math.max(...map) + 1;
    const { count, faults, start, end, bytes } = parseRecords(raw, Int32Array.from(map), slots, dialectOf(parts), {
      width,
    });
    return Array.from({ length: count }, (_, row) => {
      if (faults[row] === RECORD_FAULT.ragged) return 'ragged';
      const values = Array.from({ length: slots }, (_, slot) => slot * SLOT_STRIDE + row);
      return values.map((at) => bytes.toString('utf8', start[at], end[at])).join('|');
    });
  };

  it('are padded, cut, or faulty', () => {
    expect(parse({})).toEqual(['ragged', '1|2', 'ragged', 'ragged']);
    expect(parse({ short_rows: 'pad' })).toEqual(['1|', '1|2', 'ragged', 'ragged']);
    expect(parse({ long_rows: 'cut' })).toEqual(['ragged', '1|2', '1|2', '1|2']);
    expect(parse({ short_rows: 'pad', long_rows: 'cut' }, undefined, [1, -1, 0])).toEqual(['|1', '|1', '3|1', '3|1']);
  });

  it('leave extra fields in slots of their own when asked to', () => {
    expect(parse({}, 2, [0, 1, 2])).toEqual(['ragged', '1|2|', '1|2|3', 'ragged']);
    expect(parse({ long_rows: 'cut' }, 2, [0, 1, 2])[3]).toBe('1|2|3');
  });

  it('are the same when rows are read', () => {
    const text = Buffer.from(`a,b\n${raw}`);
    const rows = (parts: object) =>
      [...readRows(text, dialectOf(parts))].map(({ fields, fault }) => (fault ? 'ragged' : fields.join('|')));
    expect(rows({})).toEqual(['ragged', '1|2', 'ragged', 'ragged']);
    expect(rows({ short_rows: 'pad', long_rows: 'cut' })).toEqual(['1|', '1|2', '1|2', '1|2']);
  });

  it('keep blanks when told not to trim', () => {
    const blanks = Buffer.from(' a ,"\tb\n" \n');
    const { bytes, start, end } = parseRecords(blanks, Int32Array.of(0, 1), 2, dialectOf(), { trim: false });
    expect([0, SLOT_STRIDE].map((at) => bytes.toString('utf8', start[at], end[at]))).toEqual([' a ', '\tb\n']);
  });
});

describe('items over the limit', () => {
  it('are one reject, or skipped, and end at the next record end of the dialect', async () => {
    const long = 'x'.repeat(3000);
    const text = Buffer.from(`a,b\r1,2\r//${long}\r${' '.repeat(3000)}\r"${long}\r",4\r5,6\r`);
    const { chunks } = (await cutText(text, dialectOf({ record_end: 'cr', comment: '//' }), { chunk_bytes: 1000 }))!;
    expect(chunks.map(({ records, flags }) => [records, flags])).toEqual([
      [1, 0],
      [0, 0],
      [0, 0],
      [1, CHUNK_FLAG.record_too_long],
      [2, 0],
    ]);
    expect(chunks[3].raw.length).toBe(1000);
  });
});
