import { describe, expect, it } from 'vitest';
import { csvCell, csvLine } from './csv-cell.js';

describe('a cell of a report', () => {
  it.each([
    ['=1+1', `'=1+1`],
    ['+49 30 1234', `'+49 30 1234`],
    ['-5', `'-5`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\t=1+1', `'\t=1+1`],
    ['\r=1+1', `"'\r=1+1"`],
    ['\n=1+1', `"'\n=1+1"`],
    ['=HYPERLINK("http://x.test","a,b")', `"'=HYPERLINK(""http://x.test"",""a,b"")"`],
  ])('of text that a spreadsheet would run is disarmed: %j', (text, cell) => {
    expect(csvCell(text, 'text')).toBe(cell);
  });

  it.each([
    ['P-101', 'P-101'],
    ['a=b', 'a=b'],
    ['Desk, oak', '"Desk, oak"'],
    ['24" monitor', '"24"" monitor"'],
    [' padded', '" padded"'],
    ['two\nlines', '"two\nlines"'],
    ['', ''],
  ])('of other text is that text: %j', (text, cell) => {
    expect(csvCell(text, 'text')).toBe(cell);
  });

  it('of a number stays a number, negative ones too', () => {
    expect(csvLine(['-5', '-0.10', 7, null, true], ['number', 'number', 'number', 'number', 'number'])).toBe(
      '-5,-0.10,7,,true\n',
    );
  });
});
