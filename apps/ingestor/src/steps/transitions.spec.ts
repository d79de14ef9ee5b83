import { linkSync, mkdirSync, truncateSync, unlinkSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { A, begin, expectBooks, HEADER, MORE, ROWS } from './testing/expect-books.js';
import { LiveDirectory } from './testing/live-directory.js';

let directory: LiveDirectory;

beforeEach(() => {
  directory = new LiveDirectory();
});
afterEach(() => directory.remove());

describe('a file that is renamed', () => {
  it('goes on under its new name', async () => {
    await begin(directory);
    directory.append('a.csv', '4,fo');
    await directory.pass();
    directory.rename('a.csv', 'b.csv');
    directory.append('b.csv', 'ur\n');
    await expectBooks(directory, [['b.csv', 'live', ...A, '4,four']]);
  });

  it('goes on under a name off the pattern, as when it is rotated', async () => {
    await begin(directory);
    directory.rename('a.csv', 'a.csv.1');
    directory.append('a.csv.1', MORE);
    directory.write('a.csv', `${HEADER}9,nine\n`);
    await expectBooks(directory, [
      ['a.csv.1', 'live', ...A, '4,four'],
      ['a.csv', 'live', '9,nine'],
    ]);
  });

  it('goes on when it is rotated through names on the pattern', async () => {
    await begin(directory);
    for (const generation of [1, 2]) {
      if (generation === 2) directory.rename('a.1.csv', 'a.2.csv');
      directory.rename('a.csv', 'a.1.csv');
      directory.write('a.csv', `${HEADER}${generation}0,x\n`);
      await directory.pass();
    }
    await expectBooks(directory, [
      ['a.2.csv', 'live', ...A],
      ['a.1.csv', 'live', '10,x'],
      ['a.csv', 'live', '20,x'],
    ]);
  });

  it('is found though it was rotated between the listing and the reading, or before its first record came', async () => {
    directory.write('a.csv', HEADER);
    await directory.pass();
    directory.append('a.csv', '1,one\n');
    await directory.list();
    directory.rename('a.csv', '.a.old');
    await directory.cut();
    directory.append('.a.old', '2,two\n3,three\n');
    directory.write('a.csv', `${HEADER}9,nine\n`);
    await expectBooks(directory, [
      ['.a.old', 'live', ...A],
      ['a.csv', 'live', '9,nine'],
    ]);
  });

  it('changes its name with another one', async () => {
    await begin(directory, 'cut');
    directory.write('b.csv', `${HEADER}9,nine\n`);
    await directory.settle();
    directory.rename('a.csv', 'c');
    directory.rename('b.csv', 'a.csv');
    directory.rename('c', 'b.csv');
    await expectBooks(directory, [
      ['b.csv', 'cut', ...A],
      ['a.csv', 'cut', '9,nine'],
    ]);
  });
});

/** Whether something of the file was seen that is no whole record yet, and cannot be read any more; and the state to come. */
const tails: [tail: string, then: 'cut' | 'changed', replaced: 'cut' | 'vanished'][] = [
  ['', 'cut', 'cut'],
  ['4,fo', 'changed', 'vanished'],
];

describe('a file that is cut off', () => {
  it.each(tails)('is another one from then on, as when it is copied and emptied: %j was unread', async (tail, then) => {
    await begin(directory, 'live', HEADER + ROWS + tail);
    directory.write('a.csv.1', HEADER + ROWS + tail);
    truncateSync(directory.at('a.csv'), 0);
    await directory.pass();
    directory.append('a.csv', `${HEADER}9,nine\n`);
    await expectBooks(directory, [
      ['a.csv', then, ...A],
      ['a.csv', 'live', '9,nine'],
    ]);
  });

  it('is another one when the end of what was read was taken away', async () => {
    await begin(directory);
    truncateSync(directory.at('a.csv'), (HEADER + ROWS).length - 3);
    await expectBooks(
      directory,
      [
        ['a.csv', 'cut', ...A],
        ['a.csv', 'live', '1,one', '2,two'],
      ],
      [
        ['a.csv', 'cut', ...A],
        ['a.csv', 'cut', '1,one', '2,two', '3,thr'],
      ],
    );
  });

  it('stays what it is when only a record that was not whole was taken back', async () => {
    await begin(directory, 'live', `${HEADER}${ROWS}4,fo`);
    truncateSync(directory.at('a.csv'), (HEADER + ROWS).length);
    await expectBooks(directory, [['a.csv', 'live', ...A]]);
  });

  it.each(tails)(
    'is another one when it was rewritten to a larger size: %j was unread',
    async (tail, _then, replaced) => {
      await begin(directory, 'live', HEADER + ROWS + tail);
      directory.write('a.csv', `${HEADER}7,seven\n8,eight\n9,nine\n`);
      await expectBooks(directory, [
        ['a.csv', replaced === 'cut' ? 'cut' : 'changed', ...A],
        ['a.csv', 'live', '7,seven', '8,eight', '9,nine'],
      ]);
    },
  );

  it('turns red, and is read anew, when only bytes far before its end became other ones', async () => {
    const rows = Array.from({ length: 40 }, (_, row) => `${row},${'x'.repeat(9000)}\n`);
    directory.write('a.csv', HEADER);
    for (const row of rows) {
      directory.append('a.csv', row);
      await directory.pass();
    }
    const altered = rows.with(3, rows[3].replace('x', 'y'));
    directory.write('a.csv', HEADER + altered.join(''));
    await directory.settle();
    expect(directory.books().map(([name, state]) => [name, state])).toEqual([['a.csv', 'changed']]);
    const recordsOf = (all: string[]) => all.map((row) => row.trimEnd());
    await expectBooks(directory, [
      ['a.csv', 'changed', ...recordsOf(rows)],
      ['a.csv', 'live', ...recordsOf(altered)],
    ]);
  });
});

describe('a file that is replaced', () => {
  it.each(tails)('is another one: %j was unread', async (tail, _then, replaced) => {
    await begin(directory, 'live', HEADER + ROWS + tail);
    directory.replace('a.csv', `${HEADER}7,seven\n8,eight\n9,nine\n`);
    await expectBooks(directory, [
      ['a.csv', replaced, ...A],
      ['a.csv', 'live', '7,seven', '8,eight', '9,nine'],
    ]);
  });

  it.each(['live', 'cut'] as const)('by the same content is the same one: %s', async (state) => {
    await begin(directory, state);
    directory.replace('a.csv', HEADER + ROWS);
    await expectBooks(directory, [['a.csv', state, ...A]]);
  });

  it('by the same content with more behind it goes on', async () => {
    await begin(directory);
    directory.replace('a.csv', HEADER + ROWS + MORE);
    await expectBooks(directory, [['a.csv', 'live', ...A, '4,four']]);
  });

  it('in place, by as many bytes, after it was sealed, is another one', async () => {
    await begin(directory, 'cut');
    directory.write('a.csv', HEADER + ROWS.replace('two', 'TWO'));
    await expectBooks(directory, [
      ['a.csv', 'cut', ...A],
      ['a.csv', 'live', '1,one', '2,TWO', '3,three'],
    ]);
  });
});

describe('a file that is', () => {
  it.each(['live', 'cut'] as const)('touched stays what it is: %s', async (state) => {
    await begin(directory, state);
    utimesSync(directory.at('a.csv'), 1, 1);
    await expectBooks(directory, [['a.csv', state, ...A]]);
  });

  it('touched between the listing and the reading is read', async () => {
    directory.write('a.csv', HEADER + ROWS);
    await directory.list();
    utimesSync(directory.at('a.csv'), 1, 1);
    await directory.cut();
    await expectBooks(directory, [['a.csv', 'live', ...A]]);
  });

  it.each(['live', 'cut'] as const)('deleted when all of it was read keeps its books: %s', async (state) => {
    await begin(directory, state);
    unlinkSync(directory.at('a.csv'));
    await expectBooks(directory, [['a.csv', 'cut', ...A]]);
  });

  it('deleted when not all of it was read is red, and says how much is missing', async () => {
    await begin(directory, 'live', `${HEADER}${ROWS}4,fo`);
    unlinkSync(directory.at('a.csv'));
    await expectBooks(directory, [['a.csv', 'vanished', ...A]]);
    expect(directory.sources[0].error).toContain('its last 4 bytes');
  });

  it('deleted before it was read is red, and taken up again when it comes back', async () => {
    directory.write('a.csv', HEADER + ROWS);
    await directory.list();
    mkdirSync(directory.at('.away'));
    directory.rename('a.csv', '.away/a.csv');
    await directory.pass();
    expect(directory.books()).toEqual([['a.csv', 'vanished']]);
    directory.rename('.away/a.csv', 'a.csv');
    await expectBooks(directory, [['a.csv', 'live', ...A]]);
  });

  it('linked under a second name is read under both', async () => {
    await begin(directory);
    linkSync(directory.at('a.csv'), directory.at('0.csv'));
    directory.append('0.csv', MORE);
    await expectBooks(directory, [
      ['a.csv', 'live', ...A, '4,four'],
      ['0.csv', 'live', ...A, '4,four'],
    ]);
  });
});
