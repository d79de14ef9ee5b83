import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { becomes, columnOf, datasetOf, fileChunk, rejectsOf, tableOf } from './testing/any-dataset.js';

const code = (name: string) => ({ code: name });
const latin1 = (text: string) => Buffer.from(text).toString('latin1');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('missing and invalid values', () => {
  it.each<[string, Record<string, unknown>, blank: unknown, invalid: unknown]>([
    ['nothing said', {}, null, null],
    ['a default', { default: '5' }, '5', '5'],
    ['reject', { on_invalid: 'reject', default: '5' }, '5', code('not_integer')],
    ['null', { on_invalid: 'null', default: '5' }, '5', null],
    ['required', { required: true }, code('blank'), code('not_integer')],
    ['required, invalid is null', { required: true, on_invalid: 'null' }, code('blank'), null],
    ['required, invalid is the default', { required: true, on_invalid: 'default', default: '5' }, code('blank'), '5'],
  ])('with %s', (_, column, blank, invalid) => {
    for (const type of ['integer', 'bigint', 'decimal']) {
      const plan = columnOf({ type, ...column });
      const expected = type === 'decimal' && invalid instanceof Object ? code('not_decimal') : invalid;
      expect([becomes(plan, ''), becomes(plan, 'x')]).toEqual([blank, expected]);
    }
  });

  it.each<[string, string, string, string]>([
    ['text', 'd', 'xxxxx', 'too_long'],
    ['email', 'a@b.c', 'x', 'not_email'],
    ['json', '[]', 'x', 'not_json'],
    ['boolean', 'true', 'x', 'not_boolean'],
    ['date', '2024-01-02', 'x', 'not_date'],
    ['timestamp', '2024-01-02T00:00:00Z', 'x', 'not_timestamp'],
  ])('of a %s column become the default, NULL or a reject', (type, standIn, invalid, name) => {
    const column = { type, default: standIn, ...(type === 'text' && { max_bytes: 4 }) };
    const outcome = (on_invalid: string) => becomes(columnOf({ ...column, on_invalid }), invalid);
    expect([outcome('default'), outcome('null'), outcome('reject')]).toEqual([standIn, null, code(name)]);
    expect(becomes(columnOf({ ...column, on_invalid: 'reject' }), '')).toBe(standIn);
  });

  it('of a dimension likewise', () => {
    const outcome = (on_invalid: string) =>
      becomes(columnOf({ type: 'text', dimension: true, max_bytes: 4, default: 'd', on_invalid }), 'xxxxx');
    expect([outcome('default'), outcome('null'), outcome('reject')]).toEqual(['d', null, code('too_long')]);
  });
});

describe('null words', () => {
  const plan = columnOf({ type: 'text', default: 'd', null_words: ['N/A', '-', latin1('∅')] });

  it('count as blank, byte for byte, after trimming', () => {
    const values = ['N/A', ' - ', 'n/a', 'N/A ', 'N/AA', '--', ''];
    expect(values.map((value) => becomes(plan, value))).toEqual(['d', 'd', 'n/a', 'd', 'N/AA', '--', 'd']);
  });

  it('reject where the column is required, and are told as they stood', () => {
    const required = columnOf({ type: 'integer', required: true, null_words: ['NULL'] });
    const { manifest } = cleanChunk(required, fileChunk(required, 'k, NULL \n', 1));
    expect(manifest.rejects).toMatchObject([{ column: 'value', code: 'blank', value: 'NULL' }]);
  });

  it('of the dataset hold for the columns without words of their own', () => {
    const both = datasetOf(
      [
        { name: 'id', type: 'text', required: true, null_words: [] },
        { name: 'a', type: 'text' },
        { name: 'b', type: 'text', null_words: ['x'] },
      ],
      { null_words: ['-'] },
    );
    const table = tableOf(both, cleanChunk(both, fileChunk(both, '-,-,-\nk,x,x\n', 2)));
    expect([...table.values()].sort((p, q) => p.id!.localeCompare(q.id!))).toEqual([
      { id: '-', a: null, b: '-' },
      { id: 'k', a: 'x', b: null },
    ]);
  });
});

describe('numbers in a style of their own', () => {
  const continental = { decimal: ',', thousands: '.', currency: ['EUR', '€'], percent: true };
  const american = { decimal: '.', thousands: ',', currency: ['$', 'US$'] };

  it.each<[string, string | object]>([
    ['1.234.567,891', '1234567.891'],
    ['1234567,891', '1234567.891'],
    ['12', '12'],
    ['0,5', '0.5'],
    [',5', '0.5'],
    ['EUR 1.234,50', '1234.5'],
    ['1.234,50€', '1234.5'],
    ['1.234,50 €', '1234.5'],
    ['12,5 %', '12.5'],
    ['-1.234', '-1234'],
    ['1.234-', '-1234'],
    ['(1.234)', '-1234'],
    ['€ (12)', '-12'],
    ['(€ 12)', '-12'],
    ['- € 12', '-12'],
    ['+12', '12'],
    ['1,5e2', '150'],
    ...[
      '1.5',
      '1.2345',
      '12.34.567',
      '1234.567',
      '0.123',
      '.123',
      '1..234',
      '1,',
      ',',
      'EUR',
      'EUR 1 EUR',
      'USD 1',
      '-12-',
      '(-12)',
      '(12',
      '5%%',
      '1,2,3',
      '1 234',
      'x',
      '%',
      '()',
    ].map((value): [string, object] => [value, code('not_decimal')]),
  ])('continental %j becomes %j', (value, expected) => {
    const plan = columnOf({ type: 'decimal', on_invalid: 'reject', number: continental });
    expect(becomes(plan, latin1(value))).toEqual(expected);
  });

  it.each<[string, string | object]>([
    ['$1,234.50', '1234.5'],
    ['US$ 1,234.50', '1234.5'],
    ['1234.5', '1234.5'],
    ['12 %', code('not_decimal')],
    ['(1,234)', code('not_decimal')],
    ['-1', code('not_decimal')],
  ])('american and not negative %j becomes %j', (value, expected) => {
    const plan = columnOf({ type: 'decimal', min: '0', on_invalid: 'reject', number: american });
    expect(becomes(plan, value)).toEqual(expected);
  });

  it('work for integers, with separators of any character, and leave rejects as they stood', () => {
    const plan = columnOf({ type: 'integer', required: true, number: { decimal: ',', thousands: '\u00a0' } });
    const text = latin1('a,1\u00a0234\nb,"1\u00a02345"\nc,"1,0"\nd,-5\n');
    const cleaned = cleanChunk(plan, fileChunk(plan, text, 4));
    const table = tableOf(plan, cleaned);
    expect([table.get(1)?.value, table.get(4)?.value]).toEqual(['1234', '-5']);
    expect(rejectsOf(cleaned).map(([record, , name, value]) => [record, name, value])).toEqual([
      [2, 'not_integer', '1\u00a02345'],
      [3, 'not_integer', '1,0'],
    ]);
  });

  it('are read in a chunk as large as may be', () => {
    const plan = columnOf({ type: 'decimal', number: continental });
    const value = `-${'123.'.repeat(12)}456,5`;
    const table = tableOf(plan, cleanChunk(plan, fileChunk(plan, `k,"${value}"\n`.repeat(16_000), 16_000)));
    expect(table.size).toBe(16_000);
    expect(table.get(16_000)?.value).toBe(`-${'123'.repeat(12)}456.5`);
  });
});

describe('patterns and enums', () => {
  it('keep the values in which the pattern is found, whole or part as it is written', () => {
    const outcome = (pattern: string, value: string) =>
      becomes(columnOf({ type: 'text', on_invalid: 'reject', pattern }), value);
    expect(outcome('^A-[0-9]+$', 'A-12')).toBe('A-12');
    expect(outcome('^A-[0-9]+$', 'A-12x')).toEqual(code('pattern_mismatch'));
    expect(outcome('[0-9]', 'a1b')).toBe('a1b');
    expect(outcome('^.ö$', latin1('aö'))).toBe('aö');
    expect(outcome('(?i)x', '')).toBe(null);
  });

  it('hold for emails and dimensions, and take the default where the column says so', () => {
    const email = columnOf({ type: 'email', pattern: '@firm[.]com$', default: 'a@firm.com' });
    expect(['x@firm.com', 'x@other.com'].map((value) => becomes(email, value))).toEqual(['x@firm.com', 'a@firm.com']);
    const dimension = columnOf({ type: 'text', dimension: true, values: ['new', 'paid'], default: 'new' });
    expect(['paid', 'Paid', ''].map((value) => becomes(dimension, value))).toEqual(['paid', 'new', 'new']);
    const strict = columnOf({ type: 'text', dimension: true, values: ['new', 'paid'], on_invalid: 'reject' });
    expect(['paid', 'Paid', ''].map((value) => becomes(strict, value))).toEqual(['paid', code('not_in_values'), null]);
  });

  it('compare enums byte for byte', () => {
    const plan = columnOf({ type: 'text', values: ['ä', 'b'], on_invalid: 'null', default: 'b' });
    const values = [latin1('ä'), 'B', latin1('a\u0308'), ''];
    expect(values.map((value) => becomes(plan, value))).toEqual(['ä', null, null, 'b']);
  });

  it('answer the same for more values than are remembered', () => {
    const plan = columnOf({ type: 'text', pattern: '0$', on_invalid: 'reject' });
    const text = Array.from({ length: 9000 }, (_, row) => `k${row},${row}\n`).join('');
    const cleaned = cleanChunk(plan, fileChunk(plan, text, 9000));
    expect(cleaned.counts).toMatchObject({ rows: 900, rejected: 8100 });
  });
});

describe('columns that are not trimmed', () => {
  const plan = datasetOf([
    { name: 'id', type: 'text', required: true },
    { name: 'a', type: 'text', trim: false },
    { name: 'b', type: 'integer' },
  ]);

  it('keep their blanks; the others are trimmed as ever', () => {
    const text = ' k1 , x , 1 \r\n"  k2","  ""x"" ", 2\nk3,,\nk4,   ,4\r\n';
    const table = tableOf(plan, cleanChunk(plan, fileChunk(plan, text, 4)));
    expect([1, 2, 3, 4].map((record) => table.get(record))).toEqual([
      { id: 'k1', a: ' x ', b: '1' },
      { id: 'k2', a: '  "x" ', b: '2' },
      { id: 'k3', a: null, b: null },
      { id: 'k4', a: '   ', b: '4' },
    ]);
  });
});

describe('hashed columns', () => {
  it('hold the SHA-256 of the validated, trimmed value, and NULL', () => {
    for (const dimension of [false, true]) {
      const plan = columnOf({ type: 'text', dimension, pii: 'hash', null_words: ['-'] });
      expect(becomes(plan, ' secret ')).toBe(sha256('secret'));
      expect(becomes(plan, '-')).toBe(null);
    }
    const email = columnOf({ type: 'email', pii: 'hash', on_invalid: 'reject' });
    expect(becomes(email, 'a@b.c')).toBe(sha256('a@b.c'));
    expect(becomes(email, 'x')).toEqual(code('not_email'));
  });

  it('may be the key, and are hashed in a full chunk', () => {
    const plan = datasetOf([{ name: 'id', type: 'text', required: true, pii: 'hash' }]);
    const text = Array.from({ length: 16_000 }, (_, row) => `${row}\n`).join('');
    const table = tableOf(plan, cleanChunk(plan, fileChunk(plan, text, 16_000)));
    expect([table.get(1)?.id, table.get(16_000)?.id]).toEqual([sha256('0'), sha256('15999')]);
  });
});
