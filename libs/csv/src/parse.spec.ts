import { LIMITS } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecords, RECORD_FAULT, SLOT_STRIDE } from './index.js';
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

function parseNaively(text: string, width: number): { rows: Row[]; skipped: number } {
  const items = readNaively(text);
  const rows = items
    .filter(({ kind }) => kind === 'record')
    .map(({ fields, unclosed, start, end }) => {
      const fault = unclosed
        ? RECORD_FAULT.unclosed_quote
        : fields.length === width
          ? RECORD_FAULT.none
          : RECORD_FAULT.ragged;
      const whole = text.slice(start, end);
      const raw = unclosed ? whole : whole.replace(/\n$/, '');
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
