import { MillraceError } from '@millrace/contracts';

/** What is wrong with a file, in the words behind its path. */
export function failure(
  path: string,
  code: 'SOURCE_UNREADABLE' | 'SOURCE_REFUSED',
  what: string,
  cause?: unknown,
): MillraceError {
  return new MillraceError(code, `${path} ${what}`, { place: { file: path }, cause });
}
