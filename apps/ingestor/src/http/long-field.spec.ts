import { describe, expect, it } from 'vitest';
import { longField } from './long-field.js';

const csv = (row: string, bound: number) => longField('csv', Buffer.from(row), bound);
const json = (row: string, bound: number) => longField('json', Buffer.from(row), bound);

describe('a field that is too long', () => {
  it('is found in CSV where a comma within quotes divides nothing', () => {
    expect(csv('aa,"b,b",cc', 5)).toBeNull();
    expect(csv('aa,"b,bb",cc', 5)).toEqual({ index: 1, size_bytes: 6, name: undefined });
    expect(csv('aa,"b"",b",cc', 6)).toEqual({ index: 1, size_bytes: 7, name: undefined });
    expect(csv('aa,b"b,bb', 4)).toBeNull();
    expect(csv('aa,"never,closed', 5)).toMatchObject({ index: 1, size_bytes: 13 });
    expect(csv('', 0)).toBeNull();
  });

  it('is found in JSON whatever stands within strings and brackets', () => {
    expect(json('{"a":1,"b":[1,2,3],"c":"x,}\\",y"}', 16)).toBeNull();
    expect(json('{"a":1, "b":[1,2,3],"c":2}', 11)).toMatchObject({ index: 1, name: 'b' });
    expect(json('{"a":1,"c":"x,}\\",y"}', 12)).toMatchObject({ index: 1, name: 'c' });
    expect(json('"a string, that is no object"', 10)).toMatchObject({ index: 0, name: undefined });
  });
});
