import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { A, begin, expectBooks, HEADER, MORE, ROWS } from './testing/expect-books.js';
import { LiveDirectory, naiveRecords } from './testing/live-directory.js';

let directory: LiveDirectory;

beforeEach(() => {
  directory = new LiveDirectory();
});
afterEach(() => directory.remove());

describe('a new file', () => {
  it('is read up to its last whole record, and to its end when it was quiet', async () => {
    directory.write('a.csv', `${HEADER}1,one\n2,tw`);
    await expectBooks(directory, [['a.csv', 'live', '1,one']], [['a.csv', 'cut', '1,one', '2,tw']]);
  });

  it.each(['', '\ufeff', '# nothing yet\n\n', HEADER, 'id,na'])('may hold no record yet: %j', async (content) => {
    directory.write('a.csv', content);
    await directory.pass();
    expect(directory.books()).toEqual([['a.csv', 'live']]);
    directory.write('a.csv', HEADER + ROWS);
    await expectBooks(directory, [['a.csv', 'live', ...A]]);
  });
});

describe('a file that grows', () => {
  it.each<[string, string[]]>([
    ['half a record', [`${HEADER}1,o`, 'ne\n2,', 'two\n3,three', '\n']],
    ['a header in pieces', ['i', 'd,na', 'me', '\n', ROWS]],
    ['a byte order mark in pieces', ['\xef', '\xbb', '\xbfid,', 'name\n1,one\n', '2,two\n3,three\n']],
    ['CR and LF apart', ['id,name\r', '\n1,one\r', '\n2,two', '\r', '\n3,three\r\n', '\r', '\n']],
    [
      'comments and blank lines',
      ['# a', ' b\n', ' ', '\t\n', `${HEADER}#`, 'x\n1,one\n', ' ', '\n2,two\n#\n', '3,three\n'],
    ],
    ['one byte at a time', [...(HEADER + ROWS)]],
  ])('is read once whatever is there at a listing: %s', async (_name, pieces) => {
    for (const piece of pieces) {
      directory.append('a.csv', piece);
      await directory.pass();
      expect(directory.books()[0][1]).toBe('live');
    }
    await expectBooks(directory, [['a.csv', 'live', ...A]]);
  });

  it('is read on behind quotes that were open', async () => {
    const text = '1,"one\n2,""two\n"\n3,"x, ""\n",y\n';
    directory.write('a.csv', HEADER);
    for (const piece of text) {
      directory.append('a.csv', piece);
      await directory.pass();
    }
    await expectBooks(directory, [['a.csv', 'live', ...naiveRecords(text)]]);
  });

  it('goes on after it was sealed', async () => {
    await begin(directory, 'cut');
    directory.append('a.csv', `${MORE}5,f`);
    await expectBooks(directory, [['a.csv', 'live', ...A, '4,four']], [['a.csv', 'cut', ...A, '4,four', '5,f']]);
  });

  it('goes on after it was sealed within a record, which the rest of it cannot mend', async () => {
    await begin(directory, 'cut', (HEADER + ROWS).slice(0, -1));
    directory.append('a.csv', 'x');
    await directory.pass();
    expect(directory.books()).toEqual([['a.csv', 'live', ...A]]);
    directory.append('a.csv', `y\n${MORE}`);
    await expectBooks(directory, [['a.csv', 'live', ...A, '!xy\n', '4,four']]);
  });

  it('is not taken for ended while it is being copied', async () => {
    const rows = Array.from({ length: 5000 }, (_, row) => `${row},"name\n${row}"\n`).join('');
    const text = HEADER + rows;
    for (let at = 0; at < text.length; at += 17_777) {
      directory.append('a.csv', text.slice(at, at + 17_777));
      await directory.pass();
      expect(directory.sources[0]).toMatchObject({ sealed: false, state: 'live' });
    }
    await expectBooks(directory, [['a.csv', 'live', ...naiveRecords(rows)]]);
    expect(directory.sources[0].chunks.length).toBeLessThan(10);
  });
});
