import { MillraceError } from '@millrace/contracts';
import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseWatch, requireDirectory, watchesOf } from './watches.js';

describe('watches', () => {
  it('are read from an option and from the environment, with absolute paths', () => {
    expect(parseWatch('sales=/in/a=b')).toEqual({ dataset: 'sales', path: '/in/a=b' });
    expect(parseWatch('sales=in').path).toMatch(/^\/.*\/in$/);
    expect(watchesOf({ MILLRACE_WATCH: 'sales=/a, sales=/b,' })).toEqual([
      { dataset: 'sales', path: '/a' },
      { dataset: 'sales', path: '/b' },
    ]);
    expect(watchesOf({})).toEqual([]);
  });

  it.each(['sales', '=/a', 'sales='])('refuses "%s"', (text) => {
    expect(() => parseWatch(text)).toThrow(InvalidArgumentError);
    expect(() => watchesOf({ MILLRACE_WATCH: text })).toThrow(MillraceError);
  });

  it('are of directories', () => {
    expect(() => requireDirectory(import.meta.filename)).toThrow('not a directory');
    expect(requireDirectory(import.meta.dirname)).toBe(import.meta.dirname);
  });
});
