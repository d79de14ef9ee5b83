import { describe, expect, it } from 'vitest';
import { CELL_KIND, cellKind, shapeOf } from './cell-kind.js';

describe('cellKind', () => {
  it.each([
    ['empty', ['']],
    ['number', ['1', '-2.5', '+3', '1,5', '1.234.567,89', '1 000', '.5', '1e-3']],
    ['amount', ['$74.69', '€ 5', '12,50 €', 'EUR 3.10']],
    ['percent', ['5%', '12.5 %']],
    ['date', ['2024-01-31', '31/01/2018', '1.2.24', '31-Jan-2024', 'Jan 31, 2024']],
    ['time', ['00:15', '23:59:59', '9:30 pm']],
    ['timestamp', ['2024-01-31 10:00', '2024-01-31T10:00:00Z', '31/01/2024 10:00:00.5']],
    ['boolean', ['true', 'No']],
    ['url', ['https://example.org/a?b=c,d', 'www.example.org']],
    ['email', ['a.b@example.org']],
    ['address', ['10.0.0.1']],
    ['code', ['MG-8769', 'col2', 'A1/B2']],
    ['word', ['name', "Men's", 'sold_at', '-']],
    ['phrase', ['Blue boots, warm', '(hidden)']],
    ['unknown', ['a;b', 'x|y', 'say "hi"', '...']],
  ] as const)('%s', (kind, texts) => {
    for (const text of texts) expect([text, cellKind(text)]).toEqual([text, CELL_KIND[kind]]);
  });

  it('takes long texts without trouble', () => {
    expect(cellKind('word '.repeat(20_000))).toBe(CELL_KIND.phrase);
    expect(cellKind('-'.repeat(100_000))).toBe(CELL_KIND.unknown);
  });
});

describe('shapeOf', () => {
  it('folds runs of letters and digits', () => {
    expect(shapeOf('MG-8769')).toBe(shapeOf('a-1'));
    expect(shapeOf('MG-8769')).not.toBe(shapeOf('col1'));
  });
});
