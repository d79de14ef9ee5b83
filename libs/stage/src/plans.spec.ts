import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPlansIfAny } from './plans.js';

const CONFIG = `name: people
source: { pattern: "*.csv" }
table: people
key: id
columns:
  - { name: id, type: text, required: true }
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'millrace-plans-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('plans from files', () => {
  it('need not be there', () => {
    mkdirSync(join(home, 'empty'));
    expect(loadPlansIfAny('').size).toBe(0);
    expect(loadPlansIfAny([join(home, 'none'), join(home, 'empty')].join(delimiter)).size).toBe(0);
  });

  it('come from files and directories alike', () => {
    mkdirSync(join(home, 'more'));
    writeFileSync(join(home, 'people.yaml'), CONFIG);
    writeFileSync(join(home, 'more/animals.yml'), CONFIG.replaceAll('people', 'animals'));
    const paths = [join(home, 'people.yaml'), join(home, 'none'), join(home, 'more')].join(delimiter);
    expect([...loadPlansIfAny(paths).values()].map(({ name }) => name)).toEqual(['people', 'animals']);
  });

  it('are missed where a file is named', () => {
    expect(() => loadPlansIfAny(join(home, 'people.yaml'))).toThrow('people.yaml');
  });
});
