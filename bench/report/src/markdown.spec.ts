import { describe, expect, it } from 'vitest';
import { ABSENT, count, figure, number, paragraphs, table } from './markdown.mjs';

describe('figures', () => {
  it('show three digits that count', () => {
    expect([0.12345, 1.2345, 12.345, 123.45, 12345].map(figure)).toEqual(['0.123', '1.23', '12.3', '123', '12,345']);
    expect(figure(0)).toBe('0');
  });

  it('that are missing are told so', () => {
    expect([number(undefined), figure(Number.NaN), number(undefined, 2)]).toEqual([ABSENT, ABSENT, ABSENT]);
  });

  it('that count rows are short where they are round', () => {
    expect([500, 1_000_000, 2_500_000, 1_234_567].map(count)).toEqual(['500', '1M', '2.5M', '1,234,567']);
  });
});

describe('table', () => {
  it('is padded, with numbers to the right', () => {
    expect(
      table(
        ['load', '>rows/s'],
        [
          ['a × b', '1'],
          ['c', '20,000,000'],
        ],
      ),
    ).toBe(
      ['| load  |     rows/s |', '| ----- | ---------: |', '| a × b |          1 |', '| c     | 20,000,000 |'].join(
        '\n',
      ),
    );
  });
});

describe('paragraphs', () => {
  it('leave out what is none', () => {
    expect(paragraphs('a', undefined, '', 'b')).toBe('a\n\nb');
  });
});
