import { describe, expect, it } from 'vitest';
import { literalBytes, literalSize, SCALED_BYTES, scaledSize, writeLiteral, writeScaled } from './numeric.js';

interface Numeric {
  weight: number;
  negative: boolean;
  dscale: number;
  digits: number[];
}

function read(bytes: Buffer): Numeric {
  const count = bytes.readInt16BE(0);
  expect(bytes.length).toBe(8 + 2 * count);
  const digits = Array.from({ length: count }, (_, index) => bytes.readUInt16BE(8 + 2 * index));
  return {
    weight: bytes.readInt16BE(2),
    negative: bytes.readUInt16BE(4) === 0x4000,
    dscale: bytes.readUInt16BE(6),
    digits,
  };
}

/** What PostgreSQL would show. */
function shown({ weight, negative, dscale, digits }: Numeric): string {
  let value = 0n;
  const places = Math.max(0, (digits.length - 1 - weight) * 4);
  digits.forEach((digit, index) => {
    value += BigInt(digit) * 10n ** BigInt((weight - index) * 4 + places);
  });
  const text = String(value).padStart(places + 1, '0');
  const fraction = (text.slice(text.length - places) + '0'.repeat(dscale)).slice(0, dscale);
  const whole = places === 0 ? text : text.slice(0, -places);
  return `${negative ? '-' : ''}${whole}${dscale > 0 ? `.${places === 0 ? '0'.repeat(dscale) : fraction}` : ''}`;
}

const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function scaled(value: number, scale: number, dscale: number): string {
  const out = Buffer.alloc(SCALED_BYTES + 4, 0xee);
  const end = writeScaled(viewOf(out), 2, value, scale, dscale);
  expect(end - 2).toBeLessThanOrEqual(SCALED_BYTES);
  expect(end - 2).toBe(scaledSize(value, scale));
  return shown(read(out.subarray(2, end)));
}

function literal(text: string): string {
  const out = Buffer.alloc(literalBytes(text) + 4, 0xee);
  const end = writeLiteral(out, 2, text);
  expect(end - 2).toBeLessThanOrEqual(literalBytes(text));
  expect(end - 2).toBe(literalSize(text));
  return shown(read(out.subarray(2, end)));
}

/** The same by text alone. */
function expected(value: number, scale: number): string {
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${value < 0 ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`;
}

describe('a scaled integer', () => {
  const values = [
    0,
    1,
    9,
    10,
    99,
    9_999,
    10_000,
    10_001,
    99_990_000,
    99_999_999,
    100_000_000,
    2 ** 31,
    2 ** 32,
    1e12,
    1e15,
  ];
  const borders = [Number.MAX_SAFE_INTEGER, 9_007_199_254_740_000, 8_999_999_999_999_999, 9_006_999_999_999_999];

  it('is written exactly at every scale up to 15', () => {
    for (let scale = 0; scale <= 15; scale++) {
      for (const value of [...values, ...borders]) {
        expect(scaled(value, scale, scale)).toBe(expected(value, scale));
        if (value > 0) expect(scaled(-value, scale, scale)).toBe(expected(-value, scale));
      }
    }
  });

  it('is written exactly for many values near a quotient that a double rounds up', () => {
    for (let whole = 900_719_900_000; whole < 900_719_902_000; whole++) {
      expect(scaled(whole * 10_000 - 1, 4, 4)).toBe(expected(whole * 10_000 - 1, 4));
    }
  });

  it('shows the digits that it needs where the column has no scale', () => {
    expect(scaled(105_000, 4, -1)).toBe('10.5');
    expect(scaled(100_000, 4, -1)).toBe('10');
    expect(scaled(1, 4, -1)).toBe('0.0001');
    expect(scaled(0, 4, -1)).toBe('0');
  });

  it('has no zero groups at either end', () => {
    const out = Buffer.alloc(SCALED_BYTES);
    expect(read(out.subarray(0, writeScaled(viewOf(out), 0, 100_000_000, 0, 0)))).toMatchObject({
      weight: 2,
      digits: [1],
    });
    expect(read(out.subarray(0, writeScaled(viewOf(out), 0, 1, 15, 15)))).toMatchObject({ weight: -4, digits: [10] });
    expect(read(out.subarray(0, writeScaled(viewOf(out), 0, 0, 4, 4)))).toEqual({
      weight: 0,
      negative: false,
      dscale: 4,
      digits: [],
    });
  });
});

describe('a decimal literal', () => {
  it('is written exactly, whatever its length', () => {
    for (const text of [
      '0',
      '33.3333333',
      '-33.3333333',
      '0.00000000000000000001',
      '12345678901234567890.123456789',
      `1${'0'.repeat(500)}.${'0'.repeat(499)}1`,
      '10000',
      '9999.9999',
    ]) {
      expect(literal(text)).toBe(text);
    }
  });

  it('is the same number with and without zeros at its ends', () => {
    expect(literal('0010.500')).toBe('10.5');
    expect(literal('7.0')).toBe('7');
  });

  it('shows zeros at its end where it is told to', () => {
    const out = Buffer.alloc(literalBytes('12.500'));
    expect(shown(read(out.subarray(0, writeLiteral(out, 0, '12.500', 3))))).toBe('12.500');
    expect(shown(read(out.subarray(0, writeLiteral(out, 0, '0', 2))))).toBe('0.00');
  });

  it('keeps a scale that PostgreSQL refuses from becoming one that it takes', () => {
    const text = `0.${'0'.repeat(70_000)}1`;
    const out = Buffer.alloc(literalBytes(text));
    writeLiteral(out, 0, text);
    expect(out.readUInt16BE(6)).toBeGreaterThan(16_383);
  });
});
