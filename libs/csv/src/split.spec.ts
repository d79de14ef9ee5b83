import { LIMITS, MillraceError } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHeader, splitRecords } from './index.js';
import { dirtyText } from './testing/arbitraries.js';
import { readNaively } from './testing/naive-csv.js';

const invalid = (error: unknown) => error instanceof MillraceError && error.code === 'REQUEST_INVALID';

/** [header, rows] as text, null when it is refused. */
function split(text: string): [string, string[]] | null {
  try {
    const { header, rows } = splitRecords(Buffer.from(text, 'latin1'));
    return [header.toString('latin1'), rows.map((row) => row.toString('latin1'))];
  } catch (error) {
    expect(error).toSatisfy(invalid);
    return null;
  }
}

function splitNaively(text: string): [string, string[]] | null {
  const records = readNaively(text).filter(({ kind }) => kind === 'record');
  if (records.length === 0 || records.some(({ unclosed }) => unclosed)) return null;
  const [header, ...rows] = records.map(({ start, end }) => text.slice(start, end));
  return [header, rows.map((row) => row.replace(/\r?\n$/, ''))];
}

describe('splitRecords', () => {
  it('splits whatever bytes as the rules of a file say', () => {
    fc.assert(
      fc.property(dirtyText, fc.constantFrom('', '\xef\xbb\xbf'), (text, mark) => {
        expect(split(mark + text)).toEqual(splitNaively(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the header as a file has it, and views of the body', () => {
    const body = Buffer.from('\ufeff# made by\n\n"a\nb",c\r\n1,2\r\n"3\r\n",4');
    const { header, rows } = splitRecords(body);
    expect(parseHeader(header)).toEqual(['a\nb', 'c']);
    expect(rows.map(String)).toEqual(['1,2', '"3\r\n",4']);
    expect([header, ...rows].every(({ buffer }) => buffer === body.buffer)).toBe(true);
  });

  it('says where the record begins whose quote never closes', () => {
    expect(() => splitRecords(Buffer.from('a,b\n1,2\n3,"4\n5,6\n'))).toThrow(/record at byte 8 never closes/);
  });

  it('refuses a header over the limit, which no message could carry', () => {
    const header = (size: number) => Buffer.from(`${'x'.repeat(size - 1)}\n1\n`);
    expect(splitRecords(header(LIMITS.header_bytes)).rows.length).toBe(1);
    expect(() => splitRecords(header(LIMITS.header_bytes + 1))).toThrow(/over 65536 bytes/);
  });
});
