import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockHome, lockOwner } from './lock.js';
import { startOf } from './processes.js';

let home: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-lock-')));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** As a process leaves it that was killed while it held the lock. */
function leaveLock(owner: { pid: number; started: string; host: string }): void {
  mkdirSync(join(home, 'lock'));
  writeFileSync(join(home, 'lock.json'), JSON.stringify({ ...owner, since: '2026-01-01T00:00:00.000Z' }));
}

function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('the lock of a home', () => {
  it('refuses a second taker and names the first', async () => {
    const lock = await lockHome(home);
    const refused = await lockHome(home).catch((error) => error);
    expect(refused).toMatchObject({ code: 'DIRECTORY_LOCKED' });
    expect(refused.message).toContain(`process ${process.pid} since`);
    expect(await lockOwner(home)).toMatchObject({ pid: process.pid, host: hostname() });
    await lock.release();
  });

  it('is free again after its release, however often released', async () => {
    const first = await lockHome(home);
    await first.release();
    await first.release();
    expect(await lockOwner(home)).toBeUndefined();
    const second = await lockHome(home);
    expect(second.home).toBe(home);
    await second.release();
  });

  it('creates the directory, and is one by whatever name it is reached', async () => {
    const link = `${home}-link`;
    symlinkSync(home, link);
    const lock = await lockHome(join(link, 'deep', 'home'));
    expect(lock.home).toBe(join(home, 'deep', 'home'));
    await expect(lockHome(join(home, 'deep', 'home'))).rejects.toMatchObject({ code: 'DIRECTORY_LOCKED' });
    await lock.release();
    rmSync(link);
  });

  it('is taken over when its holder was killed', async () => {
    leaveLock({ pid: deadPid(), started: '1', host: hostname() });
    expect(await lockOwner(home)).toBeUndefined();
    const lock = await lockHome(home);
    expect(JSON.parse(readFileSync(join(home, 'lock.json'), 'utf8')).pid).toBe(process.pid);
    await lock.release();
  });

  it('is taken over when the pid of its holder belongs to another process by now', async () => {
    leaveLock({ pid: process.pid, started: 'before', host: hostname() });
    const lock = await lockHome(home);
    expect(await lockOwner(home)).toMatchObject({ pid: process.pid, started: startOf(process.pid) });
    await lock.release();
  });

  it('is taken over when its holder died before it left its name', async () => {
    mkdirSync(join(home, 'lock'));
    const lock = await lockHome(home);
    await lock.release();
    expect(existsSync(join(home, 'lock'))).toBe(false);
  });

  it('is respected when a process of another host holds it', async () => {
    leaveLock({ pid: deadPid(), started: '1', host: 'another-host' });
    const refused = await lockHome(home).catch((error) => error);
    expect(refused).toMatchObject({ code: 'DIRECTORY_LOCKED' });
    expect(refused.message).toContain('on host another-host');
  });

  it('goes to one of many that take over at the same time', async () => {
    leaveLock({ pid: deadPid(), started: '1', host: hostname() });
    const takers = await Promise.allSettled([lockHome(home), lockHome(home), lockHome(home)]);
    const winners = takers.filter((taker) => taker.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    await winners[0].value.release();
  });
});
