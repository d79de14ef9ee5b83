import type { SchemaElement } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { valueTexts } from '../testing/parquet-file.js';
import { ByteSpan } from './decode-values.js';
import { spellingOf } from './value-text.js';

/** How the values of a column of this kind are written. */
function textsOf(element: Partial<SchemaElement>, data: unknown[]): Promise<string[]> {
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 1 },
    { name: 'v', repetition_type: 'OPTIONAL', ...element },
  ];
  return valueTexts({ name: 'v', data }, { schema });
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const unsigned = (bitWidth: number) => ({ type: 'INTEGER', bitWidth, isSigned: false }) as const;
const timestamp = (unit: 'MILLIS' | 'MICROS' | 'NANOS', isAdjustedToUTC: boolean) =>
  ({ type: 'INT64', logical_type: { type: 'TIMESTAMP', unit, isAdjustedToUTC } }) as const;

describe('values of a Parquet column', () => {
  it('are integers with all their digits', async () => {
    const big = [9223372036854775807n, -9223372036854775808n, 9007199254740993n, null];
    expect(await textsOf({ type: 'INT64' }, big)).toEqual([...big.slice(0, 3).map(String), '""']);
    expect(await textsOf({ type: 'INT32' }, [-2147483648, 0, 7])).toEqual(['-2147483648', '0', '7']);
    expect(await textsOf({ type: 'INT32', logical_type: unsigned(32) }, [4294967295, 5])).toEqual(['4294967295', '5']);
    expect(await textsOf({ type: 'INT64', converted_type: 'UINT_64' }, [18446744073709551615n, 5n])).toEqual([
      '18446744073709551615',
      '5',
    ]);
  });

  it('are decimals with all their digits, whatever they are stored as', async () => {
    const decimal = { converted_type: 'DECIMAL', precision: 38, scale: 2 } as const;
    expect(await textsOf({ type: 'INT32', ...decimal }, [12345n, -5n, 0n, 100n])).toEqual([
      '123.45',
      '-0.05',
      '0.00',
      '1.00',
    ]);
    expect(await textsOf({ type: 'INT64', ...decimal }, [9007199254740993n])).toEqual(['90071992547409.93']);
    const long = [99999999999999999999999999999999999999n, -99999999999999999999999999999999999999n];
    const fixed = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, ...decimal } as const;
    const digits = '999999999999999999999999999999999999.99';
    expect(await textsOf(fixed, long)).toEqual([digits, `-${digits}`]);
    expect(await textsOf({ type: 'BYTE_ARRAY', ...decimal }, long)).toEqual([digits, `-${digits}`]);
    const whole = { type: 'INT64', logical_type: { type: 'DECIMAL', precision: 18, scale: 0 } } as const;
    expect(await textsOf({ ...whole, converted_type: 'DECIMAL', scale: 0 }, [42n])).toEqual(['42']);
  });

  it('are the shortest literals that give the same floating point number', async () => {
    const doubles = [0.1, 1 / 3, 1e21, 1e-7, -0, 5e-324, Number.MAX_SAFE_INTEGER, Number.NaN, -Infinity, 1.5];
    const texts = await textsOf({ type: 'DOUBLE' }, doubles);
    expect(texts.map(Number)).toEqual(doubles);
    expect(texts.filter((text) => /e/.test(text))).toEqual([]);
    expect(texts.slice(0, 5)).toEqual(['0.1', '0.3333333333333333', '1000000000000000000000', '0.0000001', '-0']);
    const floats = [0.1, 16777216, 3.4028234663852886e38, 1e-45, 1.17549435e-38, 0.3, -2.5].map(Math.fround);
    const found = await textsOf({ type: 'FLOAT' }, floats);
    expect(found.map((text) => Math.fround(Number(text)))).toEqual(floats);
    expect([found[0], found[1], found[5], found[6]]).toEqual(['0.1', '16777216', '0.3', '-2.5']);
    expect(found[3]).toMatch(/^0\.0{44}1$/);
    const half = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } } as const;
    expect(await textsOf(half, [1.5, 65504, Infinity])).toEqual(['1.5', '65504', 'Infinity']);
  });

  it('are booleans, dates and times', async () => {
    expect(await textsOf({ type: 'BOOLEAN' }, [true, false, null])).toEqual(['true', 'false', '""']);
    const days = [0, 19_782, -1, -719_528, 11_016, 2_932_896, 2_932_897, -719_529];
    expect(await textsOf({ type: 'INT32', converted_type: 'DATE' }, days)).toEqual([
      '1970-01-01',
      '2024-02-29',
      '1969-12-31',
      '0000-01-01',
      '2000-02-29',
      '9999-12-31',
      '+010000-01-01',
      '-000001-12-31',
    ]);
    expect(await textsOf({ type: 'INT32', converted_type: 'TIME_MILLIS' }, [0, 86_399_999])).toEqual([
      '00:00:00',
      '23:59:59.999',
    ]);
    const time = { type: 'INT64', logical_type: { type: 'TIME', unit: 'NANOS', isAdjustedToUTC: true } } as const;
    expect(await textsOf(time, [3_600_000_000_001n])).toEqual(['01:00:00.000000001']);
  });

  it('are timestamps with every digit of the fraction, and Z where they are in UTC', async () => {
    expect(await textsOf(timestamp('MILLIS', true), [0n, -1n, 1709208000500n])).toEqual([
      '1970-01-01T00:00:00Z',
      '1969-12-31T23:59:59.999Z',
      '2024-02-29T12:00:00.5Z',
    ]);
    expect(await textsOf(timestamp('MICROS', false), [1709208000123456n])).toEqual(['2024-02-29T12:00:00.123456']);
    expect(await textsOf(timestamp('NANOS', true), [1709208000123456789n, -9223372036854775808n])).toEqual([
      '2024-02-29T12:00:00.123456789Z',
      '1677-09-21T00:12:43.145224192Z',
    ]);
    const old = { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' } as const;
    expect(await textsOf(old, [1709208000123456n])).toEqual(['2024-02-29T12:00:00.123456Z']);
  });

  it('are texts as they stand, and binary data in hexadecimal', async () => {
    const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
    expect(await textsOf(text, ['ä€😀', '', null])).toEqual(['ä€😀', '""', '""']);
    expect(await textsOf({ type: 'BYTE_ARRAY' }, [bytes(0x61, 0x62), bytes(0xff, 0), bytes(0)])).toEqual([
      'ab',
      '\\xff00',
      '\\x00',
    ]);
    expect(await textsOf({ type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2 }, [bytes(0x61, 0x62)])).toEqual(['\\x6162']);
    const uuid = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } } as const;
    const id = '0123abcd-0000-4000-8000-00000000ffff';
    expect(await textsOf(uuid, [id])).toEqual([id]);
    expect(await textsOf({ type: 'BYTE_ARRAY', converted_type: 'ENUM' }, [Buffer.from('RED')])).toEqual(['RED']);
  });

  it('are what kinds of values hold that only other writers write', () => {
    const textOf = (element: Partial<SchemaElement>, value: Uint8Array) =>
      spellingOf({ name: 'v', ...element }).text(new ByteSpan(value, 0, value.length));
    const int96 = Buffer.alloc(12);
    int96.writeBigInt64LE(45_296_123_456_789n, 0);
    int96.writeInt32LE(2_460_370, 8);
    expect(textOf({ type: 'INT96' }, int96)).toBe('2024-02-29T12:34:56.123456789');
    const interval = Buffer.alloc(12);
    interval.writeUInt32LE(14, 0);
    interval.writeUInt32LE(3, 4);
    interval.writeUInt32LE(1500, 8);
    const type = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 12 } as const;
    expect(textOf({ ...type, converted_type: 'INTERVAL' }, interval)).toBe('P14M3DT1.500S');
    expect(textOf({ type: 'BYTE_ARRAY', converted_type: 'BSON' }, bytes(0x61))).toBe('\\x61');
    expect(textOf({ type: 'BYTE_ARRAY', converted_type: 'DECIMAL', scale: 3 }, bytes())).toBe('0.000');
  });

  it('may not contradict their column', () => {
    const scale = { type: 'INT32', converted_type: 'DECIMAL', scale: -1 } as const;
    expect(() => spellingOf({ name: 'v', ...scale })).toThrow('scale -1');
    expect(() => spellingOf({ name: 'v', type: 'DOUBLE', converted_type: 'DECIMAL' })).toThrow('a decimal is a DOUBLE');
    const long = spellingOf({ name: 'v', type: 'BYTE_ARRAY', converted_type: 'DECIMAL' });
    expect(() => long.text(new ByteSpan(new Uint8Array(5000), 0, 5000))).toThrow('a decimal has 5000 bytes');
  });
});
