import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HAS_PROC = existsSync('/proc/self/stat');

/** False for a zombie too: it holds nothing any more. */
export function isAlive(pid: number): boolean {
  return startOf(pid) !== undefined;
}

/**
 * When a process started, in the system's own terms: with the pid it names one process for ever, as pids come round again.
 * Undefined when there is no such process.
 */
export function startOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (!HAS_PROC) return ps(['-o', 'lstart=', '-p', String(pid)])?.trim() || undefined;
  const stat = readText(`/proc/${pid}/stat`);
  // The second field is the name in parentheses and may hold anything: count from behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return !fields || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Pids of all processes of `programs` (names without directory) that have one of `marks` among their arguments. */
export function processesMarked(programs: string[], marks: string[]): number[] {
  if (HAS_PROC) {
    return allPids().filter((pid) => {
      const [program, ...rest] = argumentsOf(pid);
      return programs.includes(basename(program)) && marks.some((mark) => rest.includes(mark));
    });
  }
  const lines = (ps(['-axww', '-o', 'pid=,command=']) ?? '').split('\n');
  const ours = lines.filter((line) => programs.some((name) => line.includes(name)));
  return ours
    .filter((line) => marks.some((mark) => `${line} `.includes(` ${mark} `)))
    .map((line) => parseInt(line, 10));
}

/** Pids of the processes named `name` that work in `directory`; none where the system does not tell. */
export function processesIn(directory: string, name: string): number[] {
  if (!HAS_PROC) return [];
  return allPids().filter(
    (pid) => workingDirectory(pid) === directory && readText(`/proc/${pid}/comm`)?.trim() === name,
  );
}

/** Sends each signal in turn, waiting for its time, until all of `pids` are gone. False when some outlive them all. */
export async function endProcesses(
  pids: number[],
  steps: { signal: NodeJS.Signals; wait_ms: number }[],
): Promise<boolean> {
  const starts = new Map(pids.map((pid) => [pid, startOf(pid)]));
  const remaining = () => pids.filter((pid) => starts.get(pid) !== undefined && startOf(pid) === starts.get(pid));
  for (const { signal, wait_ms } of steps) {
    for (const pid of remaining()) signalProcess(pid, signal);
    const deadline = Date.now() + wait_ms;
    while (remaining().length > 0 && Date.now() < deadline) await sleep(20);
    if (remaining().length === 0) return true;
  }
  return remaining().length === 0;
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

function argumentsOf(pid: number): string[] {
  return (readText(`/proc/${pid}/cmdline`) ?? '').split('\0');
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function ps(args: string[]): string | undefined {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}
