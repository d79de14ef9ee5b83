import { expect } from 'vitest';
import type { Books, LiveDirectory } from './live-directory.js';

export const HEADER = 'id,name\n';
export const ROWS = '1,one\n2,two\n3,three\n';
/** The records of ROWS. */
export const A = ['1,one', '2,two', '3,three'];
export const MORE = '4,four\n';

/** `a.csv` as it is read before something happens to it: still open, or quiet for long enough. */
export async function begin(
  directory: LiveDirectory,
  state: 'live' | 'cut' = 'live',
  content = HEADER + ROWS,
): Promise<void> {
  directory.write('a.csv', content);
  await (state === 'cut' ? directory.settle() : directory.pass());
  expect(directory.books()).toEqual([['a.csv', state, ...A]]);
}

/** The books after the next listing, and once all was quiet: by default what is live is cut then. Nothing moves any more after that. */
export async function expectBooks(
  directory: LiveDirectory,
  next: Books,
  quiet: Books = next.map(sealed),
): Promise<void> {
  await directory.pass();
  expect(directory.books()).toEqual(next);
  await directory.settle();
  expect(directory.books()).toEqual(quiet);
  await directory.settle();
  expect(directory.books()).toEqual(quiet);
}

function sealed([name, state, ...records]: Books[number]): Books[number] {
  return [name, state === 'live' ? 'cut' : state, ...records];
}
