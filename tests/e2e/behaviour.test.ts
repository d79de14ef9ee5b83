import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

const CASES = join(import.meta.dirname, '../behaviour');

const base = mkdtempSync(join(tmpdir(), 'millrace-behaviour-'));
// Never started: the command has servers of its own, and leaves this home alone.
const pipeline = new Pipeline({});

interface CaseResult {
  name: string;
  passed: boolean;
  differences: { file: string; missing: string[]; unexpected: string[] }[];
}

/** The project's cases, and one more that expects another line than comes. */
describe('millrace test', () => {
  let exit_code: number;
  let cases: CaseResult[];
  let wrong: string;
  let right: string;

  beforeAll(async () => {
    cpSync(CASES, base, { recursive: true });
    cpSync(join(CASES, 'rules/rounding'), join(base, 'wrong'), { recursive: true });
    const file = join(base, 'wrong/expected/rows.csv');
    const [header, line, ...rest] = readFileSync(file, 'utf8').split('\n');
    right = line;
    wrong = line.replace(/^\d+/, '99');
    writeFileSync(file, [header, wrong, ...rest].join('\n'));
    const { code, stdout, stderr } = await pipeline.cli('test', base, '--json').then(
      (stdout) => ({ code: 0, stdout, stderr: '' }),
      (failure) => failure,
    );
    exit_code = code;
    expect(stdout, stderr).not.toBe('');
    cases = JSON.parse(stdout).cases;
  }, 240_000);

  afterAll(async () => {
    await pipeline.stop();
    rmSync(base, { recursive: true, force: true });
  });

  it('passes every case of the project', () => {
    expect(cases.length).toBeGreaterThan(25);
    expect(cases.filter(({ passed, name }) => !passed && name !== 'wrong')).toEqual([]);
  });

  it('fails a case that expects something else, and says which line is missing and which one came', () => {
    expect(exit_code).toBe(1);
    expect(cases.find(({ name }) => name === 'wrong')).toMatchObject({
      passed: false,
      differences: [{ file: 'rows.csv', missing: [`${wrong}\n`], unexpected: [`${right}\n`] }],
    });
  });
});
