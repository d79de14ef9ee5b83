import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

const CASES = join(import.meta.dirname, '../behaviour');

const base = mkdtempSync(join(tmpdir(), 'millrace-behaviour-'));
// Never started: the command has servers of its own, and leaves this home alone.
const pipeline = new Pipeline({});

interface Outcome {
  exit_code: number;
  stdout: string;
  stderr: string;
}

/** `millrace test`, however it ends. */
function test(...args: string[]): Promise<Outcome> {
  return pipeline.cli('test', ...args).then(
    (stdout) => ({ exit_code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }) => ({ exit_code: code, stdout, stderr }),
  );
}

describe('behaviour tests', () => {
  afterAll(async () => {
    await pipeline.stop();
    rmSync(base, { recursive: true, force: true });
  });

  it('all cases of the project pass', async () => {
    const { exit_code, stdout, stderr } = await test(CASES, '--json');
    expect(stdout, stderr).not.toBe('');
    const { cases, passed } = JSON.parse(stdout);
    expect(cases.filter((result: { passed: boolean }) => !result.passed)).toEqual([]);
    expect(passed).toBeGreaterThan(20);
    expect(exit_code).toBe(0);
  }, 240_000);

  it('a case that expects something else fails, and says which line is missing and which one came', async () => {
    const directory = join(base, 'rounding');
    cpSync(join(CASES, 'rules/rounding'), directory, { recursive: true });
    const file = join(directory, 'expected/rows.csv');
    const [header, line, ...rest] = readFileSync(file, 'utf8').split('\n');
    const wrong = line.replace(/^\d+/, '99');
    writeFileSync(file, [header, wrong, ...rest].join('\n'));

    const { exit_code, stdout } = await test(directory);
    expect(exit_code).toBe(1);
    expect(stdout).toMatch(/FAILED +rounding/);
    expect(stdout).toContain(`- ${wrong}`);
    expect(stdout).toContain(`+ ${line}`);
    expect(stdout).toContain('0 cases passed, 1 failed');
  }, 120_000);
});
