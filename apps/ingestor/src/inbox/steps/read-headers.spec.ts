import { ARRIVED_HEADER, KEY_HEADER } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { arrivedOf, keyOf } from './read-headers.js';

const arrived = (text: string) => ({ [ARRIVED_HEADER]: Buffer.from(text) });
const key = (bytes: string | Buffer) => ({ [KEY_HEADER]: Buffer.from(bytes as string) });

describe('when a message came', () => {
  it('is what its header says, else what Kafka says, and never the future', () => {
    expect(arrivedOf(arrived('1700'), 1800, 2000)).toBe(1700);
    expect(arrivedOf({}, 1800, 2000)).toBe(1800);
    expect(arrivedOf({}, 2500, 2000)).toBe(2000);
    expect(arrivedOf(arrived('99999999999999'), 0, 2000)).toBe(2000);
  });

  it('is not read from a header that is no number, or from no timestamp', () => {
    for (const text of ['', '-5', '1e3', '0x10', 'yesterday']) expect(arrivedOf(arrived(text), 1800, 2000)).toBe(1800);
    for (const none of [-1, 0, Number.NaN]) expect(arrivedOf({}, none, 2000)).toBe(2000);
  });

  it('is the first one where a header came twice', () => {
    expect(arrivedOf({ [ARRIVED_HEADER]: [Buffer.from('5'), Buffer.from('9')] }, 0, 2000)).toBe(5);
  });
});

describe('the key of a message', () => {
  it('is its header as text', () => {
    expect(keyOf(key('order-1'))).toBe('order-1');
    expect(keyOf(key('ä'))).toBe('ä');
    expect(keyOf({})).toBe(undefined);
    expect(keyOf(key(''))).toBe(undefined);
  });

  it('is a hash where PostgreSQL could not store it', () => {
    for (const bytes of ['a\0b', 'x'.repeat(513), Buffer.from([0xff, 0xfe])]) {
      expect(keyOf(key(bytes))).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
    expect(keyOf(key('x'.repeat(513)))).not.toBe(keyOf(key('x'.repeat(514))));
  });
});
