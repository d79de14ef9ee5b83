import { describe, expect, it } from 'vitest';
import { JsonObjectScanner, type JsonSpans } from '../index.js';

const STRIDE = 16;

describe('JsonObjectScanner with options', () => {
  it('looks for a slot by its names in order of preference, as members are called after naming and as they stand', () => {
    const wanted = [['Order ID', 'id'], 'qty'];
    const scanner = new JsonObjectScanner(wanted, STRIDE, { naming: (name) => name.replaceAll('_', ' '), trim: false });
    const find = (text: string) => {
      const bytes = Buffer.concat([Buffer.from(text), Buffer.alloc(text.length + 1)]);
      const spans: JsonSpans = {
        bytes,
        spare: text.length + 1,
        start: new Uint32Array(2 * STRIDE),
        end: new Uint32Array(2 * STRIDE),
        dirty: false,
      };
      scanner.begin();
      expect(scanner.scan(spans, 0, Buffer.byteLength(text), 0)).toBe(true);
      return [0, STRIDE].map((entry) => bytes.toString('utf8', spans.start[entry], spans.end[entry]));
    };
    expect(find('{"id":1,"Order_ID":2,"qty":" 3 "}')).toEqual(['2', ' 3 ']);
    expect(find('{"Order ID":1,"id":2,"Qty":3}')).toEqual(['1', '3']);
    expect(find('{"ID":1,"ORDER_ID":2,"QTY":3,"Qty":4,"QTY":5}')).toEqual(['2', '5']);
    expect(find('{"id":1,"order id":2}')).toEqual(['1', '']);
  });

  it('leaves the values of raw slots as they are written, and null empty', () => {
    const scanner = new JsonObjectScanner(['a', 'b', 'c'], STRIDE, { raw: [true, false, true] });
    const find = (text: string) => {
      const bytes = Buffer.concat([Buffer.from(text), Buffer.alloc(text.length + 1000)]);
      const arrays = { start: new Uint32Array(3 * STRIDE), end: new Uint32Array(3 * STRIDE) };
      const spans: JsonSpans = { bytes, spare: text.length + 1, ...arrays, dirty: false };
      scanner.begin();
      expect(scanner.scan(spans, 0, Buffer.byteLength(text), 0)).toBe(true);
      scanner.finish(spans);
      return [0, STRIDE, 2 * STRIDE].map((entry) => bytes.toString('utf8', spans.start[entry], spans.end[entry]));
    };
    expect(find('{"a":" \\u00e4 ","b":" \\u00e4 ","c":"x"}')).toEqual(['" \\u00e4 "', 'ä', '"x"']);
    expect(find('{"a":1.50e1,"b":1.50e1,"c":null}')).toEqual(['1.50e1', '15', '']);
    expect(find('{"a":"\\n","a":[1],"b":"\\n","c":""}')).toEqual(['[1]', '', '""']);
  });
});
