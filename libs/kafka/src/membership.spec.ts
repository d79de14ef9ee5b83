import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Membership } from './membership.js';

let directory: string;
const unreachable = () =>
  new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], retry: { retries: 0 }, logLevel: kafkajs.logLevel.NOTHING });
const deadPid = () => spawnSync('true').pid;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-membership-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a membership', () => {
  const write = (member: object) => writeFileSync(join(directory, 'cleaner-1.json'), JSON.stringify(member));
  const membership = () => new Membership(join(directory, 'cleaner-1.json'), 'millrace.cleaner');

  it('is remembered with the process that holds it, and forgotten when it was left', () => {
    membership().remember('member-a');
    expect(JSON.parse(readFileSync(join(directory, 'cleaner-1.json'), 'utf8'))).toEqual({
      group: 'millrace.cleaner',
      member_id: 'member-a',
      pid: process.pid,
    });
    membership().forget();
    expect(existsSync(join(directory, 'cleaner-1.json'))).toBe(false);
  });

  it('of a process that lives is left alone', async () => {
    write({ group: 'millrace.cleaner', member_id: 'member-a', pid: process.pid });
    expect(await membership().leaveForPredecessor(unreachable())).toBe(false);
    expect(existsSync(join(directory, 'cleaner-1.json'))).toBe(true);
  });

  it('of a predecessor in a container, which had the number of this process, is left', async () => {
    write({ group: 'millrace.cleaner', member_id: 'member-a', pid: process.pid });
    const before = new Date(performance.timeOrigin - 1000);
    utimesSync(join(directory, 'cleaner-1.json'), before, before);
    await membership().leaveForPredecessor(unreachable());
    // It was tried: that nobody answers here is no reason to try again.
    expect(existsSync(join(directory, 'cleaner-1.json'))).toBe(false);
  });

  it('of another group, a damaged file and no file are left alone', async () => {
    expect(await membership().leaveForPredecessor(unreachable())).toBe(false);
    write({ group: 'millrace.deduper', member_id: 'member-a', pid: deadPid() });
    expect(await membership().leaveForPredecessor(unreachable())).toBe(false);
    writeFileSync(join(directory, 'cleaner-1.json'), '{');
    expect(await membership().leaveForPredecessor(unreachable())).toBe(false);
  });

  it('that cannot be left costs nothing but the wait for its session', async () => {
    write({ group: 'millrace.cleaner', member_id: 'member-a', pid: deadPid() });
    expect(await membership().leaveForPredecessor(unreachable())).toBe(false);
  });
});
