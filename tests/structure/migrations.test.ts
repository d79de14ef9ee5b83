import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const directory = join(import.meta.dirname, '../../libs/postgres/src/migrations');
/** Those before came when releases did not yet run side by side. */
const FIRST = 4;

const RULES: [string, RegExp][] = [
  ['drops what an earlier release uses', /\bdrop\s+(table|column|view|schema|function|type|constraint|default)\b/i],
  ['renames', /\brename\b/i],
  ['empties', /\b(truncate|delete\s+from)\b/i],
  ['changes a column under an earlier release', /\balter\s+column\b/i],
  [
    'asks for a value that an earlier release does not give',
    /\badd\s+column\b(?![^,;`]*\bdefault\b)[^,;`]*\bnot\s+null\b/i,
  ],
];

const faultsOf = (statements: string) => RULES.filter(([, pattern]) => pattern.test(statements)).map(([name]) => name);

function upOf(file: string): string {
  const text = readFileSync(join(directory, file), 'utf8');
  // Comments may speak of what the statements must not do; `down` never runs.
  return text
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/async down\(\)[\s\S]*?\n {2}\}/, '');
}

describe('migrations', () => {
  it('only add, so that an earlier release goes on working beside them', () => {
    const files = readdirSync(directory).filter((file) => Number(/^(\d{4})-/.exec(file)?.[1] ?? 0) >= FIRST);
    expect(files).toContain('0004-operate.ts');
    expect(files.map((file) => [file, faultsOf(upOf(file))])).toEqual(files.map((file) => [file, []]));
  });

  it.each([
    'drop table millrace.scans',
    'alter table millrace.scans drop column files',
    'alter table millrace.scans rename column files to seen',
    'truncate millrace.rejects',
    'alter table millrace.scans alter column files type bigint',
    'alter table millrace.scans add column kind text not null',
  ])('that would break one are found: %s', (statement) => {
    expect(faultsOf(statement)).toHaveLength(1);
  });

  it.each([
    'create table millrace.pauses (dataset text not null)',
    `alter table millrace.scans add column kind text not null default 'file'`,
    'alter table millrace.scans add column kind text',
    'create or replace view millrace.books as select 1',
  ])('may add: %s', (statement) => {
    expect(faultsOf(statement)).toEqual([]);
  });
});
