import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimHome, removeHome, requireOwnHome } from './home.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'millrace-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('a home', () => {
  it('that only Millrace used is removed as a whole', () => {
    mkdirSync(join(home, 'logs'));
    claimHome(home);
    requireOwnHome(home);
    expect(removeHome(home)).toEqual([]);
    expect(existsSync(home)).toBe(false);
  });

  it('that held other things before is never ours to empty', () => {
    writeFileSync(join(home, 'thesis.txt'), '');
    claimHome(home);
    expect(() => requireOwnHome(home)).toThrow(/not a state directory/);
  });

  it('keeps what was put into it later', () => {
    claimHome(home);
    writeFileSync(join(home, 'notes.txt'), '');
    expect(removeHome(home)).toEqual(['notes.txt']);
    expect(readdirSync(home)).toEqual(['notes.txt']);
  });
});
