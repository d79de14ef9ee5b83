import { describe, expect, it } from 'vitest';
import { becomes, columnOf, contextOf } from './testing/any-dataset.js';

const strict = (column: Record<string, unknown>) => columnOf({ on_invalid: 'reject', ...column });
const code = (name: string) => ({ code: name });

type Case = [value: string, expected: string | null | { code: string }];

/** Each value of a column and what becomes of it. */
function cases(name: string, column: Record<string, unknown>, given: Case[]): void {
  const plan = strict(column);
  it.each(given)(`${name}: %j becomes %j`, (value, expected) => {
    expect(becomes(plan, value)).toEqual(expected);
  });
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

describe('signed integers', () => {
  cases('integer', { type: 'integer' }, [
    ['-7', '-7'],
    ['+7', '7'],
    ['-0', '0'],
    ['007', '7'],
    ['2147483647', '2147483647'],
    ['-2147483646', '-2147483646'],
    ['2147483648', code('out_of_range')],
    ['-2147483647', code('out_of_range')],
    ['-', code('not_integer')],
    ['--1', code('not_integer')],
    ['1.0', code('not_integer')],
    ['', null],
  ]);
  cases('integer within bounds', { type: 'integer', min: '-5', max: '5' }, [
    ['-5', '-5'],
    ['-6', code('out_of_range')],
    ['6', code('out_of_range')],
  ]);
  cases('integer above -3', { type: 'integer', above: '-3' }, [
    ['-2', '-2'],
    ['-3', code('out_of_range')],
  ]);
});

describe('bigints', () => {
  cases('bigint', { type: 'bigint' }, [
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775808', code('out_of_range')],
    ['-9223372036854775809', code('out_of_range')],
    ['9007199254740993', '9007199254740993'],
    [`${'0'.repeat(40)}12`, '12'],
    ['1e3', code('not_integer')],
    ['1.0', code('not_integer')],
    ['1'.repeat(300), code('out_of_range')],
    ['-0', '0'],
  ]);
  cases('bigint of at least 0', { type: 'bigint', min: '0' }, [
    ['-1', code('not_integer')],
    ['12', '12'],
  ]);
});

describe('decimals', () => {
  cases('signed decimal', { type: 'decimal', precision: 6, scale: 2 }, [
    ['-1.5', '-1.5'],
    ['-0.00', '0'],
    ['1.5e3', '1500'],
    ['15E-1', '1.5'],
    ['1e4', code('out_of_range')],
    ['1.005', code('out_of_range')],
    ['1.500', '1.5'],
    ['9999.99', '9999.99'],
    ['10000', code('out_of_range')],
    ['.5', '0.5'],
    ['5.', code('not_decimal')],
    ['.', code('not_decimal')],
    ['e5', code('not_decimal')],
    ['1e', code('not_decimal')],
    ['1e1000000000000', code('out_of_range')],
    ['0e1000000000000', '0'],
    ['NaN', code('not_decimal')],
  ]);
  cases('decimal of any size', { type: 'decimal' }, [
    ['-123456789012345678901234567890.123456789', '-123456789012345678901234567890.123456789'],
    ['1e-30', `0.${'0'.repeat(29)}1`],
    ['1e399', `1${'0'.repeat(399)}`],
    ['1e400', code('out_of_range')],
    ['1e-401', code('out_of_range')],
    ['-900719925474.0992', '-900719925474.0992'],
    ['-900719925474.0991', '-900719925474.0991'],
  ]);
  cases('half_up', { type: 'decimal', precision: 6, scale: 2, rounding: 'half_up' }, [
    ['1.005', '1.01'],
    ['-1.005', '-1.01'],
    ['1.00499999', '1'],
    ['9999.995', code('out_of_range')],
    ['0.0049', '0'],
    ['1e-9', '0'],
    ['5e-3', '0.01'],
    ['12345e-4', '1.23'],
  ]);
  cases('half_even', { type: 'decimal', precision: 6, scale: 2, rounding: 'half_even' }, [
    ['1.005', '1'],
    ['1.015', '1.02'],
    ['1.0050000001', '1.01'],
    ['-1.025', '-1.02'],
    ['0.005', '0'],
  ]);
  cases('down', { type: 'decimal', precision: 6, scale: 2, rounding: 'down', min: '0' }, [
    ['1.0099999', '1'],
    ['9999.999', '9999.99'],
    ['-1', code('not_decimal')],
  ]);
  cases('bounds', { type: 'decimal', precision: 30, scale: 3, min: '-10000000000000000000.5', above: '-3.5' }, [
    ['-3.5', code('out_of_range')],
    ['-3.499', '-3.499'],
    ['12345678901234567890123.5', '12345678901234567890123.5'],
  ]);
});

describe('booleans', () => {
  cases('boolean', { type: 'boolean' }, [
    ...['true', 'TRUE', 't', 'Yes', 'y', '1'].map((value): Case => [value, 'true']),
    ...['false', 'False', 'F', 'no', 'N', '0'].map((value): Case => [value, 'false']),
    ...['on', '2', 'truee', '\x11', 'tru', '01'].map((value): Case => [value, code('not_boolean')]),
    ['', null],
  ]);
});

describe('json', () => {
  cases('json', { type: 'json' }, [
    ['{"a": [1, "x"]}', '{"a": [1, "x"]}'],
    [' [1]\n', '[1]'],
    ['12', '12'],
    ['"x"', '"x"'],
    ['null', 'null'],
    ['{"a":1', code('not_json')],
    ['{a:1}', code('not_json')],
    ['1 2', code('not_json')],
    ['x', code('not_json')],
    ['"\\u0000"', code('not_json')],
    ['"\\ud83d"', code('not_json')],
    ['"\\ude00\\ud83d"', code('not_json')],
    ['"\\ud83d\\ude00 \\\\u0000"', '"\\ud83d\\ude00 \\\\u0000"'],
    ['1e131071', '1e131071'],
    ['{"a":1e131072}', code('not_json')],
    ['[1.5e-16383]', code('not_json')],
    ['"1e999999"', '"1e999999"'],
    ['"\xff"', code('invalid_utf8')],
    ['', null],
  ]);
});

describe('emails', () => {
  cases('email', { type: 'email' }, [
    ['x@y.z', 'x@y.z'],
    ['x@y', code('not_email')],
    ['', null],
  ]);
});

describe('dates', () => {
  cases('ISO', { type: 'date' }, [
    ['2024-02-29', '2024-02-29'],
    ['2023-02-29', code('not_date')],
    ['2024-02-29T00:00:00', code('not_date')],
  ]);
  cases('between bounds', { type: 'date', min: '2000-01-01', max: '2024-12-31' }, [
    ['2000-01-01', '2000-01-01'],
    ['1999-12-31', code('out_of_range')],
    ['2025-01-01', code('out_of_range')],
  ]);
  cases('D/M/YYYY', { type: 'date', formats: ['D/M/YYYY'] }, [
    ['1/2/2024', '2024-02-01'],
    ['01/02/2024', '2024-02-01'],
    ['31/4/2024', code('not_date')],
    ['1/13/2024', code('not_date')],
    ['001/2/2024', code('not_date')],
    ['1/2/24', code('not_date')],
    ['1/2/2024 ', '2024-02-01'],
    ['0/2/2024', code('not_date')],
  ]);
  cases('DD MMM YY', { type: 'date', formats: ['DD MMM YY'] }, [
    ['05 Mar 68', '2068-03-05'],
    ['05 MAR 69', '1969-03-05'],
    ['05 xyz 69', code('not_date')],
  ]);
  cases('text around', { type: 'date', formats: ['[YYYY]年MM月DD日'] }, [
    [latin1('[2024]年02月03日'), '2024-02-03'],
    [latin1('2024年02月03日'), code('not_date')],
  ]);
  cases('two formats', { type: 'date', formats: ['YYYY-MM-DD', 'DD.MM.YYYY'] }, [
    ['2024-01-02', '2024-01-02'],
    ['02.01.2024', '2024-01-02'],
    ['2024/01/02', code('not_date')],
  ]);

  it('are ambiguous when two formats read them as different days', () => {
    const plan = strict({ type: 'date', formats: ['DD/MM/YYYY'] });
    plan.columns[1].formats = ['DD/MM/YYYY', 'MM/DD/YYYY'];
    expect(becomes(plan, '03/04/2024')).toEqual(code('ambiguous_date'));
    expect(becomes(plan, '13/04/2024')).toBe('2024-04-13');
    expect(becomes(plan, '04/04/2024')).toBe('2024-04-04');
  });

  it('of a source whose format was detected are read in it, others in ISO form', () => {
    const plan = strict({ type: 'date', formats: 'auto' });
    const context = contextOf({ date_formats: { value: 'MM/DD/YYYY' } });
    expect(becomes(plan, '03/04/2024', { context })).toBe('2024-03-04');
    expect(becomes(plan, '2024-03-04', { context })).toEqual(code('not_date'));
    expect(becomes(plan, '2024-03-04')).toBe('2024-03-04');
  });
});

describe('timestamps', () => {
  cases('ISO', { type: 'timestamp' }, [
    ['2024-01-31T10:20:30Z', '2024-01-31T10:20:30Z'],
    ['2024-01-31 10:20:30.123456', '2024-01-31T10:20:30.123456Z'],
    ['2024-01-31t10:20', '2024-01-31T10:20:00Z'],
    ['2024-01-31', '2024-01-31T00:00:00Z'],
    ['2024-01-31T10:20:30+02:00', '2024-01-31T08:20:30Z'],
    ['2024-01-31T10:20:30-0530', '2024-01-31T15:50:30Z'],
    ['2024-01-31T10:20:30 +02', '2024-01-31T08:20:30Z'],
    ['1969-12-31T23:59:59.5Z', '1969-12-31T23:59:59.5Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
    ['0001-01-01T00:00:00+00:01', code('not_timestamp')],
    ['0000-12-31T00:00:00Z', code('not_timestamp')],
    ['2024-01-31T24:00:00Z', code('not_timestamp')],
    ['2024-01-31T10:60:00Z', code('not_timestamp')],
    ['2024-01-31T10:20:60Z', code('not_timestamp')],
    ['2024-02-30T10:20:00Z', code('not_timestamp')],
    ['2024-01-31T10:20:30.1234567Z', code('not_timestamp')],
    ['2024-01-31T10:20:30.1234560Z', '2024-01-31T10:20:30.123456Z'],
    ['2024-01-31T10:20:30.Z', code('not_timestamp')],
    ['2024-01-31T10:20:30+2', code('not_timestamp')],
    ['2024-01-31T10:20:30+16:00', code('not_timestamp')],
    ['2024-01-31T1:20:30', code('not_timestamp')],
    ['', null],
  ]);
  cases('a zone for those without', { type: 'timestamp', time_zone: '-03:30', min: '2024-01-01T00:00:00Z' }, [
    ['2024-01-31T10:20:30', '2024-01-31T13:50:30Z'],
    ['2024-01-31T10:20:30Z', '2024-01-31T10:20:30Z'],
    ['2023-12-31T20:29:59', code('out_of_range')],
    ['2023-12-31T20:30:00', '2024-01-01T00:00:00Z'],
  ]);
  cases('12-hour clock', { type: 'timestamp', formats: ['M/D/YYYY h:mm:ss A'] }, [
    ['1/2/2024 12:00:00 AM', '2024-01-02T00:00:00Z'],
    ['1/2/2024 12:00:00 pm', '2024-01-02T12:00:00Z'],
    ['1/2/2024 1:05:09 PM', '2024-01-02T13:05:09Z'],
    ['1/2/2024 13:05:09 PM', code('not_timestamp')],
    ['1/2/2024 1:05:09', code('not_timestamp')],
  ]);
  cases('fractions and zones by format', { type: 'timestamp', formats: ['YYYYMMDDTHHmmss.SSSZ', 'DD.MM.YYYY HH:mm'] }, [
    ['20240131T102030.250+0100', '2024-01-31T09:20:30.25Z'],
    ['20240131T102030.25Z', code('not_timestamp')],
    ['31.01.2024 10:20', '2024-01-31T10:20:00Z'],
  ]);

  it('are rounded to microseconds where the column says so', () => {
    const plan = strict({ type: 'timestamp' });
    const rounded = (rounding: 'half_up' | 'half_even' | 'down', value: string) => {
      const columns = plan.columns.map((column) => ({ ...column, rounding }));
      return becomes({ ...plan, columns }, value);
    };
    expect(rounded('half_up', '2024-12-31T23:59:59.9999995Z')).toBe('2025-01-01T00:00:00Z');
    expect(rounded('half_even', '2024-12-31T23:59:59.0000005Z')).toBe('2024-12-31T23:59:59Z');
    expect(rounded('half_even', '2024-12-31T23:59:59.00000150001Z')).toBe('2024-12-31T23:59:59.000002Z');
    expect(rounded('down', '2024-12-31T23:59:59.9999999Z')).toBe('2024-12-31T23:59:59.999999Z');
  });
});
