import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Fault {
  name: string;
  pass: number;
  signal: 'SIGKILL' | 'SIGSTOP';
}

/** @param spec `name:pass` or `name:pass:stop`, comma separated; a name alone means its first pass */
export function parseFaults(spec: string): Fault[] {
  return spec
    .split(',')
    .filter(Boolean)
    .map((item) => {
      const [name, pass = '1', how] = item.split(':');
      return { name: name.trim(), pass: Number(pass), signal: how === 'stop' ? 'SIGSTOP' : 'SIGKILL' };
    });
}

/**
 * Makes a `faultPoint` function: it counts how often each name is passed and calls `strike` at the chosen pass.
 * Without faults it is an empty function.
 */
export function createFaultPoint(spec: string | undefined, strike: (fault: Fault) => void): (name: string) => void {
  const faults = parseFaults(spec ?? '');
  if (faults.length === 0) return () => {};
  const passes = new Map<string, number>();
  return (name) => {
    const pass = (passes.get(name) ?? 0) + 1;
    passes.set(name, pass);
    for (const fault of faults) if (fault.name === name && fault.pass === pass) strike(fault);
  };
}

/** Kills this process as a crash would, or stops it as a machine that hangs. Once for each state directory: else every restart dies again and nothing ever ends. */
function strike({ name, pass, signal }: Fault): void {
  const home = process.env.MILLRACE_HOME;
  if (home) {
    const directory = join(home, 'faults');
    mkdirSync(directory, { recursive: true });
    try {
      writeFileSync(join(directory, `${name}.${pass}`), String(process.pid), { flag: 'wx' });
    } catch {
      return;
    }
  }
  process.kill(process.pid, signal);
}

/** A named place where the crash tests (`MILLRACE_FAULT=<name>:<pass>[:stop]`) end the process with SIGKILL, or SIGSTOP it. */
export const faultPoint = createFaultPoint(process.env.MILLRACE_FAULT, strike);
