import { describe, expect, it } from 'vitest';
import { compileExpression, ExpressionError } from './compile.js';
import { columns, row } from './testing/one-of-each.js';
import { column, evaluateRows } from './testing/table.js';

describe('what stands in', () => {
  const rows = [row({ i: '2' }), row({ i: '0' }), row({})];

  it('is NULL, and the row is told', () => {
    const { column: into, failed } = evaluateRows('10 / i', columns, rows, { type: 'integer' });
    expect(failed).toEqual([1]);
    expect(into).toMatchObject({ values: new Int32Array([5, -2147483647, -2147483647]) });
  });

  it.each([
    ['integer', '10 / i', '-1', ['5', '!', '-1']],
    ['decimal', '10.0 / i', '0.5', ['5.0000', '!', '0.5000']],
    ['text', '(10 / i)::text', 'none', ['5', '!', 'none']],
    ['date', "date '2024-01-01' + 10 / i", '2000-01-01', ['2024-01-06', '!', '2000-01-01']],
    ['boolean', '10 / i > 1', 'false', ['true', '!', 'false']],
  ] as const)('is the default of a column of type %s', (type, text, default_value, wanted) => {
    expect(evaluateRows(text, columns, rows, { type, default_value }).cells).toEqual(wanted);
  });

  it('for NULL equals nothing: the items behind it are evaluated, and fail', () => {
    const [cell] = evaluateRows('n in (i, 1 / i)', columns, [row({ i: '0' })], { type: 'boolean' }).cells;
    expect(cell).toBe('!');
  });

  it('must be of the column', () => {
    expect(() =>
      compileExpression('i', columns, {
        type: 'integer',
        scale: 0,
        precision: null,
        rounding: 'half_up',
        default_value: 'x',
      }),
    ).toThrow(ExpressionError);
  });

  it('rows that have failed before are left alone', () => {
    const compiled = compileExpression('i + 1', columns.slice(2, 3), {
      type: 'integer',
      scale: 0,
      precision: null,
      rounding: 'half_up',
    });
    const values = Int32Array.of(1, 2, 3);
    const into = Int32Array.of(7, 7, 7);
    const input = {
      count: 3,
      failure: Uint8Array.of(0, 9, 0),
      bytes: Buffer.alloc(0),
      columns: [{ encoding: 'integer' as const, values }],
      file: '',
    };
    const sink = { reserve() {}, write: () => 0, end: 0, view: new DataView(new ArrayBuffer(0)) };
    compiled.evaluate(input, { column: { encoding: 'integer', values: into }, sink, fail: () => expect.unreachable() });
    expect([...into]).toEqual([2, 7, 4]);
  });
});

describe('compiling', () => {
  it('is done once for all chunks, and again only when a column comes in another encoding', () => {
    const target = { type: 'text', scale: 0, precision: null, rounding: 'half_up' } as const;
    const compiled = compileExpression("upper(t) || '!'", columns, target);
    for (const t of ['a', 'b', 'c']) {
      expect(evaluateRows('', columns, [row({ t })], { type: 'text' }, { compiled }).cells).toEqual([
        `${t.toUpperCase()}!`,
      ]);
    }
    expect(compiled.generated).toBe(1);
    evaluateRows('', columns, [row({ t: 'a' })], { type: 'text' }, { compiled, dictionary: true });
    expect(compiled.generated).toBe(2);
  });

  it('refuses what does not fit the column', () => {
    expect(() =>
      compileExpression('i + 1', columns, { type: 'text', scale: 0, precision: null, rounding: 'half_up' }),
    ).toThrow('the column is text, and this is integer');
  });

  it('takes nothing of the text for code', () => {
    const name = '"; throw 1; //\n`$(x)`';
    const odd = [column(name, { type: 'text' })];
    const text = `"${name.replaceAll('"', '""')}" || '"); throw 2; //\u2028'`;
    expect(evaluateRows(text, odd, [['v']], { type: 'text' }).cells).toEqual(['v"); throw 2; //\u2028']);
  });

  it('has a form for constants that no double holds', () => {
    const { cells } = evaluateRows('n + 12345678901234567890', columns, [row({ n: '1' })], {
      type: 'decimal',
      scale: 0,
    });
    expect(cells).toEqual(['12345678901234567891']);
  });
});
