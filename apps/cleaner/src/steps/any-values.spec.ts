import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { columnOf, datasetOf, fileChunk, tableOf } from './testing/any-dataset.js';
import { readDate, readDecimal, readStyled, readTimestamp } from './testing/naive-values.js';

type Plan = ReturnType<typeof columnOf>;

/** The canonical text of each value, or the code of its reject. */
function outcomes(plan: Plan, values: string[]): string[] {
  const text = values.map((value, row) => `k${row},"${value}"\n`).join('');
  const cleaned = cleanChunk(plan, fileChunk(plan, text, values.length));
  const table = tableOf(plan, cleaned);
  const codes = new Map<number, string>(cleaned.manifest.rejects.map(({ record, code }) => [record, code]));
  return values.map((_, row) => table.get(row + 1)?.value ?? codes.get(row + 1) ?? 'null');
}

/** Checks a column against a reader of single values. */
function agree(plan: Plan, value: fc.Arbitrary<string>, read: (value: string) => string, numRuns = 60): void {
  const trimmed = value.map((text) => text.trim()).filter((text) => text !== '');
  fc.assert(
    fc.property(fc.array(trimmed, { minLength: 1, maxLength: 40 }), (values) => {
      expect(outcomes(plan, values)).toEqual(values.map(read));
    }),
    { numRuns },
  );
}

const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${most}}$`));
const sign = fc.constantFrom('', '', '-', '+');
const junk = fc.string({ unit: fc.constantFrom(...'0159.,-+eE ()EURTZ:/'), maxLength: 12 });

const decimals = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(sign, digits(9), fc.constantFrom('', '.'), digits(6)).map((parts) => parts.join('')),
  },
  { weight: 2, arbitrary: fc.tuple(sign, digits(24), fc.constant('.'), digits(24)).map((parts) => parts.join('')) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(sign, digits(5), fc.constantFrom('.', ''), digits(5), fc.integer({ min: -30, max: 30 }))
      .map(([minus, whole, point, fraction, exponent]) => `${minus}${whole}${point}${fraction}e${exponent}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(sign, digits(3), fc.constantFrom('.5', '.125', '.25', '.0050', '.015'))
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: junk },
);

describe('numbers of any spelling agree with a naive reader', () => {
  it.each(['reject', 'half_up', 'half_even', 'down'] as const)('rounded by %s', (rounding) => {
    const column = {
      type: 'decimal',
      precision: 18,
      scale: 2,
      rounding,
      min: '-1000000',
      max: '123456789012',
      on_invalid: 'reject',
    };
    const rules = { scale: 2, precision: 18, rounding, min: -1_000_000n, max: 123_456_789_012n };
    agree(columnOf(column), decimals, (value) => readDecimal(value, rules));
  });

  it('beyond what doubles hold', () => {
    const column = { type: 'decimal', precision: 40, scale: 15, on_invalid: 'reject' };
    agree(columnOf(column), decimals, (value) => readDecimal(value, { scale: 15, precision: 40, rounding: 'reject' }));
  });

  it('without bounds and precision', () => {
    const free = columnOf({ type: 'decimal', on_invalid: 'reject' });
    agree(free, decimals, (value) => readDecimal(value, { scale: 600, precision: 2000, rounding: 'reject' }));
  });

  it('that may not be negative', () => {
    const read = (value: string) =>
      /[-+eE]/.test(value)
        ? 'not_decimal'
        : readDecimal(value, { scale: 15, precision: 40, rounding: 'reject', max: 9n });
    const column = { type: 'decimal', precision: 40, scale: 15, min: '0', max: '9', on_invalid: 'reject' };
    agree(columnOf(column), decimals, read);
  });

  it('as integers of both sizes', () => {
    const read = (value: string, most: bigint, least: bigint) => {
      if (!/^[+-]?[0-9]+$/.test(value)) return 'not_integer';
      const number = BigInt(value.replace('+', ''));
      return number > most || number < least ? 'out_of_range' : number.toString();
    };
    const values = fc.oneof(
      decimals,
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
      fc.integer().map(String),
    );
    const integer = columnOf({ type: 'integer', on_invalid: 'reject' });
    agree(integer, values, (value) => read(value, 2_147_483_647n, -2_147_483_646n));
    const bigint = columnOf({ type: 'bigint', on_invalid: 'reject' });
    agree(bigint, values, (value) => read(value, 2n ** 63n - 1n, -(2n ** 63n)));
  });

  it('in a style', () => {
    const grouped = fc
      .tuple(
        digits(3),
        fc.array(fc.stringMatching(/^[0-9]{3}$/), { maxLength: 3 }),
        fc.constantFrom('', ','),
        digits(3),
      )
      .map(([first, groups, point, fraction]) => `${[first, ...groups].join('.')}${point}${fraction}`);
    const around = fc.constantFrom(
      ['', ''],
      ['EUR ', ''],
      ['', ' EUR'],
      ['(', ')'],
      ['-', ''],
      ['', '-'],
      ['- EUR', ''],
      ['(EUR ', ')'],
    );
    const styled = fc.tuple(around, grouped).map(([[before, behind], number]) => `${before}${number}${behind}`);
    const number = { decimal: ',', thousands: '.', currency: ['EUR'] };
    const plan = columnOf({ type: 'decimal', precision: 30, scale: 6, number, on_invalid: 'reject' });
    const rules = { scale: 6, precision: 30, rounding: 'reject' as const };
    // An exponent behind a styled number is taken as well: left to the tests of single values.
    const values = fc
      .oneof({ weight: 5, arbitrary: styled }, { weight: 1, arbitrary: junk })
      .filter((text) => !/e|[0-9,]E/.test(text));
    agree(
      plan,
      values,
      (value) => {
        const plain = readStyled(value);
        return plain === null ? 'not_decimal' : readDecimal(plain, rules);
      },
      200,
    );
  });
});

describe('times of any spelling agree with a naive reader', () => {
  const two = (most: number) => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));
  const year = fc
    .oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 1, 1969, 1970, 9999))
    .map((y) => String(y).padStart(4, '0'));

  it('as timestamps', () => {
    const zone = fc.oneof(
      fc.constantFrom('', 'Z', ' Z', '+02', '-0330', '+00:01', '-15:59'),
      fc.tuple(two(17), two(61)).map(([h, m]) => `+${h}:${m}`),
    );
    const time = fc
      .tuple(
        fc.constantFrom('T', ' ', 't', '_'),
        two(25),
        two(61),
        fc.constantFrom('', ':'),
        two(61),
        fc.constantFrom('', '.', ','),
        digits(8),
        zone,
      )
      .map(([mark, hour, minute, colon, second, point, fraction, end]) => {
        return `${mark}${hour}:${minute}${colon && colon + second + point + (point && fraction)}${end}`;
      });
    const values = fc
      .tuple(year, two(13), two(32), fc.oneof(fc.constant(''), time))
      .map(([y, m, d, rest]) => `${y}-${m}-${d}${rest}`);
    agree(
      columnOf({ type: 'timestamp', on_invalid: 'reject' }),
      fc.oneof({ weight: 9, arbitrary: values }, junk),
      readTimestamp,
      200,
    );
  });

  it('as dates in two formats', () => {
    const one = (most: number) => fc.integer({ min: 0, max: most }).map(String);
    const dotted = fc
      .tuple(fc.oneof(one(32), two(32)), fc.oneof(one(13), two(13)), year)
      .map((parts) => parts.join('.'));
    const plain = fc.tuple(year, two(13), two(32)).map((parts) => parts.join(''));
    const plan = columnOf({ type: 'date', formats: ['D.M.YYYY', 'YYYYMMDD'], on_invalid: 'reject' });
    agree(plan, fc.oneof(dotted, plain, junk), readDate, 150);
  });
});

describe('words of any case agree with a naive reader', () => {
  it('as booleans', () => {
    const words = ['true', 't', 'yes', 'y', '1', 'false', 'f', 'no', 'n', '0', 'tru', 'falsy', 'trve', '2', 'p'];
    const word = fc.tuple(fc.constantFrom(...words), fc.func(fc.boolean())).map(([text, isUpper]) => {
      return [...text].map((letter, at) => (isUpper(at) ? letter.toUpperCase() : letter)).join('');
    });
    agree(columnOf({ type: 'boolean', on_invalid: 'reject' }), word, (value) => {
      const at = words.indexOf(value.toLowerCase());
      return at < 5 ? 'true' : at < 10 ? 'false' : 'not_boolean';
    });
  });
});

describe('any bytes under any rules', () => {
  const rules = datasetOf(
    [
      { name: 'id', type: 'text', required: true, trim: false, null_words: ['-'] },
      {
        name: 'a',
        type: 'decimal',
        number: { decimal: ',', thousands: '.', currency: ['EUR'], percent: true },
        default: '1',
      },
      { name: 'b', type: 'timestamp', on_invalid: 'reject', outliers: undefined },
      { name: 'c', type: 'text', dimension: true, pattern: '[0-9]', on_invalid: 'null', pii: 'hash' },
      { name: 'd', type: 'json', on_invalid: 'reject' },
      { name: 'e', type: 'bigint', outliers: { method: 'zscore', action: 'flag' } },
      { name: 'f', type: 'email', pii: 'mask', values: ['a@b.c', 'd@e.f'] },
    ],
    { key: ['id', 'c'].slice(0, 1), source: { extra_columns: 'keep' } },
  );

  it('give each record one row or one reject, and the same bytes again', () => {
    const bytes = fc.constantFrom(
      '"',
      ',',
      ' ',
      '-',
      '1',
      '5',
      '.',
      'E',
      '{',
      '}',
      ':',
      '\0',
      '\xff',
      '\xc3\xa4',
      '\r',
      'T',
      '@',
      'a',
    );
    const line = fc.array(bytes, { maxLength: 30 }).map((pieces) => `x${pieces.join('')}\n`);
    const good = fc.constant('k,"1.234,5",2024-01-01,a1,"{""a"":1}",12,a@b.c,more\n');
    const header = Buffer.from('id,a,b,c,d,e,f,g\n');
    fc.assert(
      fc.property(fc.array(fc.oneof(line, good), { maxLength: 20 }), (lines) => {
        const text = lines.join('');
        const count = countOf(text, header);
        const chunk = () => fileChunk(rules, text, count, { header });
        const cleaned = cleanChunk(rules, chunk());
        expect(tableOf(rules, cleaned).size + cleaned.manifest.rejects.length).toBe(count);
        cleanChunk(rules, fileChunk(rules, 'k,1,2024-01-01,a1,1,12,a@b.c,x\n', 1, { header }));
        expect(cleanChunk(rules, chunk())).toEqual(cleaned);
      }),
      { numRuns: 200 },
    );
  });

  /** What the chunk holds, as told by its refusal of a wrong claim. */
  function countOf(text: string, header: Buffer): number {
    try {
      cleanChunk(rules, fileChunk(rules, text, 0, { header }));
      return 0;
    } catch (error) {
      return Number(/holds (\d+)/.exec((error as Error).message)?.[1]);
    }
  }
});
