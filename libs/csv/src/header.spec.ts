import { LIMITS, MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { type PositionalReader, parseHeader, readHeader } from './index.js';

const readerOf =
  (file: Buffer): PositionalReader =>
  (position, into) =>
    file.copy(into, 0, position, position + into.length);

async function headerOf(text: string, options?: { sealed?: boolean }): Promise<[string, number] | null> {
  const file = Buffer.from(text);
  const found = await readHeader(readerOf(file), file.length, options);
  return found && [found.header.toString(), found.header_end];
}

const withCode = (code: string) => (error: unknown) => error instanceof MillraceError && error.code === code;

describe('readHeader', () => {
  it('skips a byte order mark, comments and blank lines', async () => {
    expect(await headerOf('\ufeff# "made by\n\n \t\r\na,b\r\n1,2\n')).toEqual(['a,b\r\n', 24]);
  });

  it('takes a header with line breaks in quotes, and one that is the whole file', async () => {
    expect(await headerOf('"a\nb",c\n1')).toEqual(['"a\nb",c\n', 8]);
    expect(await headerOf('a,b')).toEqual(['a,b', 3]);
  });

  it('finds none in an empty file, or one of comments and blanks only', async () => {
    for (const text of ['', '\ufeff', '\n\n', '# x', '# x\n  ', ' ']) expect(await headerOf(text)).toBeNull();
  });

  it('waits for the newline of a source that still grows', async () => {
    expect(await headerOf('a,b', { sealed: false })).toBeNull();
  });

  it('skips comments and blank lines longer than a header may be', async () => {
    const long = `#${'x'.repeat(LIMITS.header_bytes * 5)}\n${' '.repeat(LIMITS.header_bytes * 5)}\n`;
    expect(await headerOf(`${long}a\n`)).toEqual(['a\n', long.length + 2]);
  });

  it('refuses a header over the limit', async () => {
    await expect(headerOf(`${'x'.repeat(LIMITS.header_bytes)}\n`)).rejects.toSatisfy(withCode('HEADER_TOO_LONG'));
    await expect(headerOf(`${' '.repeat(LIMITS.header_bytes)}x\n`)).rejects.toSatisfy(withCode('HEADER_TOO_LONG'));
  });

  it('refuses a header whose quote never closes, lest it swallow the rows', async () => {
    await expect(headerOf('a,"b\n1,2\n3,4\n')).rejects.toSatisfy(withCode('SOURCE_UNREADABLE'));
  });
});

describe('columns of a header', () => {
  it('are unquoted and trimmed', () => {
    expect(parseHeader(Buffer.from(' a ,"b ""x""",,"c\n"\r\n'))).toEqual(['a', 'b "x"', '', 'c']);
  });
});
