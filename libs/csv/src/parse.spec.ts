import { LIMITS } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  openRecords,
  parseRecord,
  parseRecords,
  RECORD_FAULT,
  reserveSpare,
  SLOT_STRIDE,
  SPARE_BYTES,
} from './index.js';
import { dirtyText } from './testing/arbitraries.js';
import { readNaively } from './testing/naive-csv.js';

interface Row {
  fault: number;
  raw: string;
  values: string[] | null;
}

/** All slots of all records as text; none of a faulty record. */
function parse(raw: Buffer, fields: number[]): { rows: Row[]; skipped: number } {
  const slots = Math.max(-1, ...fields) + 1;
  const records = parseRecords(raw, Int32Array.from(fields), slots);
  const { bytes, start, end, record_start, record_end, faults } = records;
  const rows = Array.from({ length: records.count }, (_, row) => ({
    fault: faults[row],
    raw: bytes.toString('latin1', record_start[row], record_end[row]),
    values:
      faults[row] === RECORD_FAULT.none
        ? Array.from({ length: slots }, (_, slot) => {
            const at = slot * SLOT_STRIDE + row;
            return bytes.toString('latin1', start[at], end[at]);
          })
        : null,
  }));
  return { rows, skipped: records.skipped };
}

function parseNaively(text: string, width: number, swallows = false): { rows: Row[]; skipped: number } {
  const items = readNaively(text, Number.POSITIVE_INFINITY, swallows);
  const rows = items
    .filter(({ kind }) => kind === 'record')
    .map(({ fields, unclosed, start, end }) => {
      const fault = unclosed
        ? RECORD_FAULT.unclosed_quote
        : fields.length === width
          ? RECORD_FAULT.none
          : RECORD_FAULT.ragged;
      const whole = text.slice(start, end);
      const raw = whole.replace(/\n$/, '');
      return { fault, raw, values: fault === RECORD_FAULT.none ? fields : null };
    });
  return { rows, skipped: items.filter(({ kind }) => kind === 'skipped').length };
}

describe('parseRecords', () => {
  it('reads whatever bytes as the rules say', () => {
    fc.assert(
      fc.property(dirtyText, fc.integer({ min: 1, max: 4 }), (text, width) => {
        const fields = Array.from({ length: width }, (_, index) => index);
        expect(parse(Buffer.from(text, 'latin1'), fields)).toEqual(parseNaively(text, width));
      }),
      { numRuns: 1000 },
    );
  });

  it('follows the csv module of Python: a quote counts only where a field begins, and literal text may follow the closing one', () => {
    const { rows } = parse(Buffer.from('"a""b",x"y"\n"a"b"c, "d"\n'), [0, 1]);
    expect(rows.map(({ values }) => values)).toEqual([
      ['a"b', 'x"y"'],
      ['ab"c', '"d"'],
    ]);
  });

  it('trims the unquoted value, line breaks included', () => {
    expect(parse(Buffer.from('" \r\n a b \t", c \r\n'), [0, 1]).rows[0].values).toEqual(['a b', 'c']);
  });

  it('puts fields into their slots and leaves out what is not wanted', () => {
    expect(parse(Buffer.from('a,b,c\n'), [1, -1, 0]).rows[0].values).toEqual(['c', 'a']);
  });

  it('refuses more bytes or records than a chunk may hold', () => {
    expect(() => parse(Buffer.alloc(LIMITS.chunk_bytes + 1), [0])).toThrow(/chunk of/);
    expect(() => parse(Buffer.from('a\n'.repeat(LIMITS.chunk_records + 1)), [0])).toThrow(/records in a chunk/);
    expect(parse(Buffer.from('a\n'.repeat(LIMITS.chunk_records)), [0]).rows.length).toBe(LIMITS.chunk_records);
  });

  it('holds a chunk that is all escapes', () => {
    const raw = Buffer.from(`"${'""'.repeat((LIMITS.chunk_bytes - 2) / 2)}"`);
    expect(parse(raw, [0]).rows[0].values![0].length).toBe((LIMITS.chunk_bytes - 2) / 2);
  });
});

/** Each text parsed as one record, one behind the other in one chunk; null for one that is none. */
function parseEach(texts: string[], width: number): (Row | null)[] {
  const chunk = Buffer.from(`${texts.join('|')}|`, 'latin1');
  const fields = Int32Array.from({ length: width }, (_, slot) => slot);
  const records = openRecords(chunk, width);
  let at = 0;
  const whole = texts.map((text, row) => {
    const begin = at;
    at += text.length + 1;
    return parseRecord(begin, at - 1, row, fields);
  });
  const { bytes, start, end, record_start, record_end, faults } = records;
  expect(bytes.subarray(0, chunk.length).equals(chunk)).toBe(true);
  return texts.map((_, row) => {
    if (!whole[row]) return null;
    const slots = Array.from({ length: width }, (_, slot) => slot * SLOT_STRIDE + row);
    const values = slots.map((slot) => bytes.toString('latin1', start[slot], end[slot]));
    const raw = bytes.toString('latin1', record_start[row], record_end[row]);
    return { fault: faults[row], raw, values: faults[row] === RECORD_FAULT.none ? values : null };
  });
}

describe('parseRecord', () => {
  it('reads each of several texts as a file of its own, and takes those that hold one record', () => {
    fc.assert(
      fc.property(fc.array(dirtyText, { maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (texts, width) => {
        const expected = texts.map((text) => {
          const { rows } = parseNaively(text.replace(/[\r\n]+$/, ''), width, true);
          return rows.length === 1 ? { ...rows[0], raw: text } : null;
        });
        expect(parseEach(texts, width)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('ends a quote that never closes with its own record', () => {
    expect(parseEach(['a,"b', 'c,d"'], 2)).toEqual([
      { fault: RECORD_FAULT.unclosed_quote, raw: 'a,"b', values: null },
      { fault: RECORD_FAULT.none, raw: 'c,d"', values: ['c', 'd"'] },
    ]);
  });
});

describe('the room for values', () => {
  it('grows for one chunk, and keeps what was parsed', () => {
    const raw = Buffer.from('abc');
    const records = openRecords(raw, 1);
    const usual = records.bytes;
    reserveSpare(records, usual.length);
    expect(records.bytes.length - records.spare).toBe(usual.length + SPARE_BYTES);
    expect(records.bytes.subarray(0, 3)).toEqual(raw);
    expect(records.view.getUint8(2)).toBe(raw[2]);
    expect(openRecords(raw, 1).bytes).toBe(usual);
  });

  it('knows whether some value cannot be stored as text', () => {
    const dirtOf = (raw: string) => parseRecords(Buffer.from(raw, 'latin1'), Int32Array.of(0), 1).dirty;
    expect(['a\n', 'gr\xc3\xbcn', '\xc3', 'a\0'].map(dirtOf)).toEqual([false, false, true, true]);
  });
});
