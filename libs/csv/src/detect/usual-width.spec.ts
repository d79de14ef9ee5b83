import { PLAIN_DIALECT } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { usualWidth } from './usual-width.js';

const width = (text: string, options = {}) =>
  usualWidth(Buffer.from(text), { ...PLAIN_DIALECT, ...options }, { complete: true });

describe('usualWidth', () => {
  it('is what most records have, whatever the header has', () => {
    expect(width('a,b\n1,2,3\n4,5,6\n7,8\n')).toBe(3);
    expect(width('1;2\n3;4\n', { delimiter: ';', header_rows: 0 })).toBe(2);
  });

  it('is the larger of two that are as frequent, and 0 without records', () => {
    expect(width('a,b\n1,2\n1,2,3\n')).toBe(3);
    expect(width('a,b\n')).toBe(0);
  });

  it('leaves out a record that may go on behind the head', () => {
    const head = Buffer.from('a,b\n1,2\n3,4,5,6');
    expect(usualWidth(head, PLAIN_DIALECT)).toBe(2);
  });
});
