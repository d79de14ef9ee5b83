import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JSON_DEPTH, JsonObjectScanner, type JsonSpans } from '../index.js';
import { damaged, jsonNumber, jsonText, objectText } from '../testing/arbitraries.js';

const WANTED = ['price', 'quantity', 'k'];
const STRIDE = 16;

/** All texts scanned as one chunk. Of each the values of the wanted members as bytes; null when it is no object. */
function scanBytes(texts: Buffer[], wanted = WANTED): { values: (Buffer[] | null)[]; dirty: boolean } {
  const scanner = new JsonObjectScanner(wanted, STRIDE);
  const size = texts.reduce((sum, text) => sum + text.length + 1, 0);
  const spans: JsonSpans = {
    bytes: Buffer.concat([...texts.flatMap((text) => [text, Buffer.from('"')]), Buffer.alloc(size)]),
    spare: size,
    start: new Uint32Array(wanted.length * STRIDE),
    end: new Uint32Array(wanted.length * STRIDE),
    dirty: false,
  };
  scanner.begin();
  let at = 0;
  const accepted = texts.map((text, row) => {
    const begin = at;
    at += text.length + 1;
    return scanner.scan(spans, begin, at - 1, row);
  });
  expect(spans.spare).toBeLessThanOrEqual(2 * size);
  spans.bytes = Buffer.concat([spans.bytes, Buffer.alloc(scanner.finish_bytes)]);
  scanner.finish(spans);
  const { bytes, start, end } = spans;
  const readEntry = (entry: number) => Buffer.from(bytes.subarray(start[entry], end[entry]));
  const values = accepted.map((whole, row) => (whole ? wanted.map((_, slot) => readEntry(slot * STRIDE + row)) : null));
  return { values, dirty: spans.dirty };
}

const scan = (text: string, wanted = WANTED) =>
  scanBytes([Buffer.from(text)], wanted).values[0]?.map((value) => value.toString()) ?? null;

/** A primitive together with its text. */
class Literal {
  constructor(
    readonly value: unknown,
    readonly source: string,
  ) {}
}

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const keepSource: Reviver = (_, value, { source }) => (source === undefined ? value : new Literal(value, source));

/** The object's members as JSON.parse gives them; null when it gives no object. */
function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text, keepSource as Parameters<typeof JSON.parse>[1]);
    return value instanceof Literal || Array.isArray(value) ? null : value;
  } catch {
    return null;
  }
}

const trim = (text: string) => text.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');

/** UTF-8, in which half a pair is three bytes. */
function encode(text: string): Buffer {
  const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  let at = 0;
  const pieces: Buffer[] = [];
  for (const { 0: found, index } of text.matchAll(half)) {
    const code = found.charCodeAt(0);
    pieces.push(Buffer.from(text.slice(at, index)));
    pieces.push(Buffer.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)));
    at = index + 1;
  }
  return Buffer.concat([...pieces, Buffer.from(text.slice(at))]);
}

/** Sign, digits and power of ten of a number literal, in the only form without needless zeros. */
function exactly(literal: string): [string, string, number] {
  const [, sign, whole, fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal)!;
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  return [sign, kept || '0', kept ? Number(power) - fraction.length + digits.length - kept.length : 0];
}

function expectValue(found: Buffer, value: unknown): void {
  if (value === undefined) expect(found).toEqual(Buffer.alloc(0));
  else if (!(value instanceof Literal)) expect(JSON.parse(found.toString(), keepSource as never)).toEqual(value);
  else if (typeof value.value === 'string') expect(found).toEqual(encode(trim(value.value)));
  else if (value.value === null) expect(found).toEqual(Buffer.alloc(0));
  else if (typeof value.value === 'boolean' || !/e/i.test(value.source)) expect(found.toString()).toBe(value.source);
  else {
    expect(found.toString()).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
    expect(exactly(found.toString())).toEqual(exactly(value.source));
  }
}

/** The member with exactly this name, else the first that differs in case only. */
function memberOf(object: Record<string, unknown>, wanted: string): unknown {
  const names = Object.keys(object);
  const name = names.includes(wanted) ? wanted : names.find((other) => other.toLowerCase() === wanted);
  return name === undefined ? undefined : object[name];
}

describe('JsonObjectScanner', () => {
  it('takes what JSON.parse takes as an object, with the same values, and nothing else', () => {
    const texts = fc.array(fc.oneof(objectText, objectText, damaged(objectText), jsonText), { maxLength: 4 });
    let accepted = 0;
    fc.assert(
      fc.property(texts, (chunk) => {
        const { values } = scanBytes(chunk.map((text) => Buffer.from(text)));
        chunk.forEach((text, row) => {
          const object = parseObject(text);
          expect(values[row] !== null, text).toBe(object !== null);
          if (!object) return;
          accepted++;
          WANTED.forEach((name, slot) => {
            expectValue(values[row]![slot], memberOf(object, name));
          });
        });
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(1000);
  });

  it('takes damaged values exactly where JSON.parse does', () => {
    fc.assert(
      fc.property(damaged(jsonText), (value) => {
        const text = `{"price":${value}}`;
        expect(scan(text) !== null, text).toBe(parseObject(text) !== null);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    '',
    ' ',
    '[]',
    '"{}"',
    '1',
    'null',
    '{',
    '{}}',
    '{} {}',
    '{,}',
    '{"a":1,}',
    '{"a"}',
    '{"a" 1}',
    '{a:1}',
    "{'a':1}",
    '{"a":01}',
    '{"a":-}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":1e}',
    '{"a":1e+}',
    '{"a":0x1}',
    '{"a":NaN}',
    '{"a":tru}',
    '{"a":nul',
    '{"a":"',
    '{"a":"\\',
    '{"a":"\\u00',
    '{"a":"\\x41"}',
    '{"a":"\n"}',
    '{"a":"\t"}',
    '{"a":"\0"}',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a":[1}',
    '{"a":{"b":1]}',
    '{"a":[1 2]}',
    '{"a":1 "b":2}',
    '{"a":1}\u0001',
    '\ufeff{}',
    '{"a":1}\u00a0',
    '{"a":"b"/**/}',
    '{"a":[[]',
    '{"a":{"b"}}',
    '{"a":{"b":}}',
    '{"a":{"b":1,}}',
  ])('refuses %j', (text) => {
    expect(parseObject(text)).toBeNull();
    expect(scan(text)).toBeNull();
  });

  it('reads no further than the text, whatever stands behind it', () => {
    const whole = '{"price":[{"a":"\\u0041"},-1.5e+3,true,false,null],"k":"x"}';
    const cut = Array.from({ length: whole.length - 1 }, (_, size) => [
      Buffer.from(whole.slice(0, size + 1)),
      Buffer.from(whole.slice(size + 1)),
    ]);
    for (const pieces of cut) expect(scanBytes(pieces).values).toEqual([null, null]);
    expect(scan(whole)).not.toBeNull();
  });

  it('takes nesting up to its bound, and refuses more', () => {
    const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}${close.repeat(depth)}`;
    for (const depth of [JSON_DEPTH, JSON_DEPTH + 1, 100_000]) {
      const arrays = `{"price":${nested(depth - 1, '[', ']')}}`;
      const objects = `{"x":${nested(depth - 2, '{"y":', '').concat('{}', '}'.repeat(depth - 2))}}`;
      for (const text of [arrays, objects]) expect(scan(text) !== null).toBe(depth <= JSON_DEPTH);
    }
  });

  it('marks what no text column can store, and gives half a pair as bytes that are no UTF-8', () => {
    const dirtOf = (text: string) => scanBytes([Buffer.from(text)]).dirty;
    expect(dirtOf('{"price":"\\u0041\\ud83d\\ude00"}')).toBe(false);
    expect(dirtOf('{"other":"\\u0000"}')).toBe(false);
    expect(dirtOf('{"price":"a\\u0000"}')).toBe(true);
    expect(dirtOf('{"price":"\\ude00\\ud83d"}')).toBe(true);
    const [half] = scanBytes([Buffer.from('{"price":"\\ud83d"}')]).values[0]!;
    expect(half).toEqual(Buffer.of(0xed, 0xa0, 0xbd));
  });

  it('hands on invalid UTF-8 within strings as it stands', () => {
    const text = Buffer.from('{"price":"a\xff\xc3","\xff":1,"quantity":"\\"\xe2"}', 'latin1');
    expect(scanBytes([text]).values[0]!.map((value) => value.toString('latin1'))).toEqual(['a\xff\xc3', '"\xe2', '']);
  });

  it('knows wanted names whatever other names came before', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `"${'n'.repeat(index % 50)}${index}":1`);
    const text = `{${names.join(',')},"PRICE":1,"quantity":2}`;
    const scanner = [text, '{"Price":3}', `{"QUANTITY":4,"price":5}`].map((each) => Buffer.from(each));
    expect(scanBytes(scanner).values.map((values) => values!.map(String))).toEqual([
      ['1', '2', ''],
      ['3', '', ''],
      ['5', '4', ''],
    ]);
  });

  it('writes exponents out exactly, up to a bound', () => {
    const price = (literal: string) => scan(`{"price":${literal}}`)![0];
    for (const [literal, plain] of [
      ['1e3', '1000'],
      ['1E+03', '1000'],
      ['-1.50e1', '-15'],
      ['1.5e-3', '0.0015'],
      ['12.34e1', '123.4'],
      ['0.05e1', '0.5'],
      ['0e99', '0'],
      ['-0.00E-5', '-0'],
      ['100e-2', '1'],
      ['1e-398', `0.${'0'.repeat(397)}1`],
      ['1e399', `1${'0'.repeat(399)}`],
      [String(Number.MIN_VALUE), `0.${'0'.repeat(323)}5`],
    ])
      expect(price(literal)).toBe(plain);
    for (const literal of ['1e400', '1e-399', '-1e399', '1e999999999999999999999', '1e-99999999999'])
      expect(price(literal)).toBe(literal);
  });

  it('writes whatever exponents out exactly', () => {
    fc.assert(
      fc.property(jsonNumber, fc.integer({ min: -420, max: 420 }), (mantissa, exponent) => {
        const literal = `${mantissa.replace(/e.*$/i, '')}e${exponent}`;
        const [found] = scan(`{"price":${literal}}`)!;
        expect(exactly(found)).toEqual(exactly(literal));
      }),
    );
  });

  it('lets the last of equal names win, whatever kinds of values they have', () => {
    expect(scan('{"price":1e2,"price":"x"}')![0]).toBe('x');
    expect(scan('{"price":"x","price":1e2}')![0]).toBe('100');
    expect(scan('{"price":1e2,"price":1e2}')![0]).toBe('100');
    expect(scan('{"price":1,"PRICE":2,"price":null}')![0]).toBe('');
    expect(scan('{"Price":1,"PRICE":2,"Pr\\u0069ce":3}')![0]).toBe('3');
  });
});
