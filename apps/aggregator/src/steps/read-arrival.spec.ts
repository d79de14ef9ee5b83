import { ARRIVED_HEADER } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { readArrival } from './read-arrival.js';

describe('the arrival of data', () => {
  it('is what the header says in milliseconds', () => {
    expect(readArrival({ [ARRIVED_HEADER]: Buffer.from('1764000000123') })).toBe(1_764_000_000_123);
  });

  it.each(['', 'soon', '-1', '1e3', '9999999999999999', '17640000 ', '1764\xe9'])(
    'is unknown when it says "%s"',
    (text) => {
      expect(readArrival({ [ARRIVED_HEADER]: Buffer.from(text, 'latin1') })).toBeUndefined();
      expect(readArrival({})).toBeUndefined();
    },
  );
});
