import { describe, expect, it } from 'vitest';
import { writeLiteral } from '../copy/numeric.js';
import { ArrayParameter } from './array-parameter.js';

/** Elements of a parameter, behind a head that says type and number. */
function elementsOf(parameter: Buffer, oid: number): Buffer[] {
  const count = parameter.readInt32BE(12);
  expect([0, 4, 8, 16].map((at) => parameter.readInt32BE(at))).toEqual([1, 0, oid, 1]);
  const elements: Buffer[] = [];
  let at = 20;
  while (at < parameter.length) {
    const size = parameter.readInt32BE(at);
    elements.push(parameter.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  expect([elements.length, at]).toEqual([count, parameter.length]);
  return elements;
}

describe('an array parameter', () => {
  it('holds integers of both sizes, to the last digit', () => {
    const small = new ArrayParameter('int4', 2);
    for (const value of [-1, 2 ** 31 - 1]) small.int4(value);
    expect(elementsOf(small.encoded(), 23).map((element) => element.readInt32BE())).toEqual([-1, 2 ** 31 - 1]);
    const large = new ArrayParameter('int8', 1);
    for (const value of [-1, Number.MAX_SAFE_INTEGER, '-9223372036854775808']) large.int8(value);
    const found = elementsOf(large.encoded(), 20).map((element) => element.readBigInt64BE());
    expect(found).toEqual([-1n, 2n ** 53n - 1n, -(2n ** 63n)]);
  });

  it('holds texts, more and longer ones than it was made for', () => {
    const texts = ['', 'Ünïcode 😀', 'x'.repeat(5000)];
    const parameter = new ArrayParameter('text', 1);
    for (const text of texts) parameter.text(text);
    parameter.bytes(Buffer.from('abcdef'), 2, 4);
    expect(elementsOf(parameter.encoded(), 25).map(String)).toEqual([...texts, 'cd']);
  });

  it('holds numerics with the digits that they are told by', () => {
    const parameter = new ArrayParameter('numeric', 0);
    parameter.scaled(1050, 2);
    parameter.literal('12345678901234567890.50');
    const out = Buffer.alloc(64);
    const wanted = [out.subarray(0, writeLiteral(out, 0, '10.50', 2)), Buffer.alloc(64)];
    wanted[1] = wanted[1].subarray(0, writeLiteral(wanted[1], 0, '12345678901234567890.50', 2));
    expect(elementsOf(parameter.encoded(), 1700)).toEqual(wanted);
  });

  it('is an array without dimensions when it is empty', () => {
    expect(new ArrayParameter('text', 3).encoded()).toEqual(Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25]));
  });
});
