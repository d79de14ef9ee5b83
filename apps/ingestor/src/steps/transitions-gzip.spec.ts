import { unlinkSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { A, begin, expectBooks, HEADER, MORE, ROWS } from './testing/expect-books.js';
import { LiveDirectory } from './testing/live-directory.js';

let directory: LiveDirectory;

beforeEach(() => {
  directory = new LiveDirectory();
});
afterEach(() => directory.remove());

describe('a gzip file', () => {
  const packed = gzipSync(HEADER + ROWS);

  it('is read as a whole when it was quiet, however long it was copied', async () => {
    for (const size of [0, 10, packed.length - 1, packed.length]) {
      directory.write('a.csv.gz', packed.subarray(0, size));
      await directory.pass();
      expect(directory.books()).toEqual([['a.csv.gz', 'registered']]);
    }
    await expectBooks(directory, [['a.csv.gz', 'registered']], [['a.csv.gz', 'cut', ...A]]);
  });

  it('that is cut off is red and gives no record, until the rest of it comes', async () => {
    directory.write('a.csv.gz', packed.subarray(0, -1));
    await expectBooks(directory, [['a.csv.gz', 'registered']], [['a.csv.gz', 'failed']]);
    expect(directory.sources[0].error).toMatch(/is cut off.* at byte \d+/);
    directory.write('a.csv.gz', packed);
    await expectBooks(directory, [['a.csv.gz', 'registered']], [['a.csv.gz', 'cut', ...A]]);
  });

  it('goes on when a member is added', async () => {
    directory.write('a.csv.gz', packed);
    await directory.settle();
    directory.write('a.csv.gz', Buffer.concat([packed, gzipSync(MORE)]));
    await expectBooks(directory, [['a.csv.gz', 'registered', ...A]], [['a.csv.gz', 'cut', ...A, '4,four']]);
  });

  it('beside the file that was packed is a source of its own', async () => {
    await begin(directory, 'cut');
    directory.write('a.csv.gz', packed);
    unlinkSync(directory.at('a.csv'));
    await expectBooks(
      directory,
      [
        ['a.csv', 'cut', ...A],
        ['a.csv.gz', 'registered'],
      ],
      [
        ['a.csv', 'cut', ...A],
        ['a.csv.gz', 'cut', ...A],
      ],
    );
  });
});
