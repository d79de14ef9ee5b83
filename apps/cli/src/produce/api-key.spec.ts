import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mintApiKey } from '@millrace/contracts';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { followApiKey } from './api-key.js';

const directory = mkdtempSync(join(tmpdir(), 'millrace-api-key-'));
const file = join(directory, 'key');
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(() => vi.useRealTimers());

describe("a producer's API key", () => {
  it('is none where none is set', () => {
    expect(followApiKey({})()).toBeUndefined();
  });

  it('comes from the environment or from a file, not from both', () => {
    const { key } = mintApiKey();
    writeFileSync(file, `${key}\n`);
    expect(followApiKey({ MILLRACE_API_KEY: key })()).toBe(key);
    expect(followApiKey({ MILLRACE_API_KEY_FILE: file })()).toBe(key);
    expect(() => followApiKey({ MILLRACE_API_KEY: key, MILLRACE_API_KEY_FILE: file })).toThrow(/both/);
  });

  it('is read anew from its file, and the former one goes on while there is none in it', () => {
    vi.useFakeTimers();
    const [first, second] = [mintApiKey().key, mintApiKey().key];
    writeFileSync(file, first);
    const key = followApiKey({ MILLRACE_API_KEY_FILE: file });
    const after = (content: string) => {
      writeFileSync(file, content);
      vi.advanceTimersByTime(1001);
      return key();
    };
    expect(after(second.slice(0, 20))).toBe(first);
    expect(after(second)).toBe(second);
    expect(after('')).toBe(second);
  });

  it('that is none by its form is refused, and not repeated in the error', () => {
    const wrong = `${mintApiKey().key}x`;
    const message = expect.not.stringContaining(wrong);
    expect(() => followApiKey({ MILLRACE_API_KEY: wrong })).toThrow(
      expect.objectContaining({ code: 'USAGE', message }),
    );
  });
});
