import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process with this id lives; zombies do not. */
export function isAlive(pid: number | null): boolean {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return processState(pid) !== 'Z';
}

/** Whether the living process was started with this script: process ids are used again. */
export function runsScript(pid: number | null, script: string): boolean {
  return isAlive(pid) && commandLine(pid as number).includes(script);
}

/** SIGTERM, then SIGKILL when it still lives after the deadline. Resolves when it is gone. */
export async function endProcess(pid: number, deadline_ms: number): Promise<void> {
  signal(pid, 'SIGTERM');
  if (await isGone(pid, deadline_ms)) return;
  signal(pid, 'SIGKILL');
  await isGone(pid, 5_000);
}

export async function isGone(pid: number, deadline_ms: number): Promise<boolean> {
  const deadline = Date.now() + deadline_ms;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return undefined;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return psCommand(pid);
  }
}

function psCommand(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
