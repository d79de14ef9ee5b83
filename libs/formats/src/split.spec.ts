import { MillraceError } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitJson, splitNdjson } from './index.js';
import { damaged, jsonText, objectText } from './testing/arbitraries.js';

/** The rows of a JSON text by JSON.parse and back; undefined when it is no JSON. */
function rowsNaively(text: string): unknown[] | undefined {
  try {
    const value = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    return Array.isArray(value) ? value : [value];
  } catch {
    return undefined;
  }
}

/** The rows; undefined when it refuses with the right error. */
function split(text: string): string[] | undefined {
  try {
    return splitJson(Buffer.from(text)).map(String);
  } catch (error) {
    expect(error).toSatisfy((thrown) => thrown instanceof MillraceError && thrown.code === 'REQUEST_INVALID');
    return undefined;
  }
}

const arrayText = fc.array(fc.oneof(objectText, jsonText), { maxLength: 4 }).map((rows) => `[${rows.join(',')}]`);

describe('splitJson', () => {
  it('gives the elements of an array, and an object as one row', () => {
    fc.assert(
      fc.property(fc.oneof(arrayText, objectText, jsonText), (text) => {
        const rows = rowsNaively(text);
        expect(split(text)?.map((row) => JSON.parse(row))).toEqual(rows);
      }),
      { numRuns: 1000 },
    );
  });

  it('never refuses valid JSON, nor gives other rows for it, nor throws anything else', () => {
    fc.assert(
      fc.property(damaged(fc.oneof(arrayText, objectText)), (text) => {
        const found = split(text);
        const rows = rowsNaively(text);
        if (rows) expect(found?.map((row) => JSON.parse(row))).toEqual(rows);
        // Refused, or at least one row is for the cleaner to refuse, or the text was only odd between its rows.
        else if (found) expect(found.some((row) => !isJson(row))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves numbers and everything else as they are written, as views', () => {
    const body = Buffer.from('\ufeff [ {"a": 1.10000000000000000001} ,\n12345678901234567890,"x,]", [ ] ]\n');
    const rows = splitJson(body);
    expect(rows.map(String)).toEqual(['{"a": 1.10000000000000000001}', '12345678901234567890', '"x,]"', '[ ]']);
    expect(rows.every(({ buffer }) => buffer === body.buffer)).toBe(true);
    expect(split('[]')).toEqual([]);
    expect(split(' {} ')).toEqual(['{}']);
  });

  it.each([
    ['', 0],
    [' 1', 1],
    ['"[]"', 0],
    ['{}x', 2],
    ['[] []', 3],
    ['[1,]', 3],
    ['[,1]', 1],
    ['[1 2]', 3],
    ['[1', 2],
    ['[', 1],
    ['{"a":"x}', 5],
    ['[{"a":[}]', 7],
    ['[[1]', 4],
    ['[{} {}]', 4],
    ['["a""b"]', 4],
    ['{"a":"\\"}', 5],
    ['{"a":1', 0],
  ])('refuses %j and names byte %i', (text, position) => {
    expect(() => splitJson(Buffer.from(text))).toThrow(new RegExp(`at byte ${position}$`));
  });

  it('takes any depth without a stack', () => {
    const deep = '['.repeat(300_000) + ']'.repeat(300_000);
    expect(split(deep)).toEqual([deep.slice(1, -1)]);
    expect(split(`{"a":${deep}}`)).toEqual([`{"a":${deep}}`]);
    expect(split(deep.slice(0, -1))).toBeUndefined();
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('splitNdjson', () => {
  const line = fc.oneof(
    fc.constantFrom('', ' ', '\t', '\r', ' \r', '{}', ' {"a":1}', 'x\ry', '{"a":'),
    objectText.map((text) => text.replaceAll('\n', ' ')),
  );
  const ends = fc.constantFrom('\n', '\r\n');

  it('gives the lines that are not blank, without their ends', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(line, ends)), line, fc.constantFrom('', '\ufeff'), (lines, last, mark) => {
        const text = lines.map((pieces) => pieces.join('')).join('') + last;
        const naive = text.split(/\r?\n/).filter((row) => !/^[ \t\r]*$/.test(row));
        expect(splitNdjson(Buffer.from(mark + text)).map(String)).toEqual(naive);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives views of the body', () => {
    const body = Buffer.from('{"a":1}\r\n\r\n{"b":2}');
    const rows = splitNdjson(body);
    expect(rows.map(String)).toEqual(['{"a":1}', '{"b":2}']);
    expect(rows.every(({ buffer }) => buffer === body.buffer)).toBe(true);
  });
});
