import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { endProcesses, isAlive, processesIn, processesMarked, startOf } from './processes.js';

const NODE = basename(process.execPath);
const children: ChildProcess[] = [];
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-processes-')));

async function run(code: string, ...args: string[]): Promise<ChildProcess & { pid: number }> {
  const script = `${code}; setInterval(() => {}, 1e9); console.log('ready')`;
  const child = spawn(process.execPath, ['-e', script, '--', ...args], { cwd: directory, stdio: 'pipe' });
  children.push(child);
  await once(child.stdout!, 'data');
  return child as ChildProcess & { pid: number };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
});

describe('a process', () => {
  it('is alive with one start until it is gone', async () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(startOf(process.pid)).toBe(startOf(process.pid));
    const child = await run('');
    expect(startOf(child.pid)).not.toBe(startOf(1));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(child.pid)).toBe(false);
  });

  it('with an impossible pid is not alive', () => {
    expect([0, -1, Number.NaN, 2 ** 30].map(isAlive)).toEqual([false, false, false, false]);
  });
});

describe('looking for our processes', () => {
  it('finds one by a whole argument, and only of the named programs', async () => {
    const child = await run('', 'mark=/a/home');
    expect(processesMarked([NODE], ['mark=/a/home'])).toEqual([child.pid]);
    expect(processesMarked(['java'], ['mark=/a/home'])).toEqual([]);
  });

  it('leaves alone a process of a directory whose name begins alike', async () => {
    await run('', 'mark=/a/home-2');
    expect(processesMarked([NODE], ['mark=/a/home'])).toEqual([]);
  });

  it('leaves alone a stranger that works in the directory', async () => {
    await run('');
    expect(processesIn(directory, 'postgres')).toEqual([]);
  });
});

describe('ending processes', () => {
  it('goes on to the rougher signal when the first is ignored', async () => {
    const child = await run("process.on('SIGTERM', () => {})");
    const ended = await endProcesses(
      [child.pid],
      [
        { signal: 'SIGTERM', wait_ms: 100 },
        { signal: 'SIGKILL', wait_ms: 5000 },
      ],
    );
    expect(ended).toBe(true);
    expect(isAlive(child.pid)).toBe(false);
  });

  it('says so when one outlives all signals', async () => {
    const child = await run("process.on('SIGTERM', () => {})");
    expect(await endProcesses([child.pid], [{ signal: 'SIGTERM', wait_ms: 50 }])).toBe(false);
  });

  it('has nothing to do for those that are gone', async () => {
    expect(await endProcesses([2 ** 30], [{ signal: 'SIGKILL', wait_ms: 5000 }])).toBe(true);
  });
});
