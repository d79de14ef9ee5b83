/** CPU time and memory of processes, as Linux tells them in /proc. */
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { text } from 'node:stream/consumers';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const LISTENING = '0A';
const RSS_POLL_MS = 100;

/** CPU seconds in the program and in the kernel. @typedef {{ user: number, system: number }} Cpu */

/** @returns {number[]} */
function allPids() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/**
 * @param {number} pid
 * @returns {{ parent: number, own: Cpu, reaped: Cpu } | undefined} undefined when it is gone
 */
function readStat(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name may hold spaces and parentheses: what counts stands behind the last one.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const cpu = (at) => ({ user: fields[at] / TICKS_PER_SECOND, system: fields[at + 1] / TICKS_PER_SECOND });
  return { parent: fields[1], own: cpu(11), reaped: cpu(13) };
}

/** @param {Cpu} a @param {Cpu} b @returns {Cpu} */
export const addCpu = (a, b) => ({ user: a.user + b.user, system: a.system + b.system });
/** @param {Cpu} a @param {Cpu} b @returns {Cpu} */
export const subtractCpu = (a, b) => ({ user: a.user - b.user, system: a.system - b.system });

const NONE = { user: 0, system: 0 };
const totalOf = ({ user, system }) => user + system;

/** Of one process, without its children; nothing when it is gone. @param {number} pid @returns {Cpu} */
export function cpuOf(pid) {
  return readStat(pid)?.own ?? NONE;
}

/**
 * Of a process, of its children that are alive and of those that it has waited for: of PostgreSQL's postmaster, all backends
 * that ever were.
 * @param {number} pid @returns {Cpu}
 */
export function cpuOfFamily(pid) {
  return familyOf(pid).reduce((sum, { own }) => addCpu(sum, own), readStat(pid)?.reaped ?? NONE);
}

/** Of the processes that this one has started and waited for. @returns {Cpu} */
export function reapedCpu() {
  return readStat(process.pid)?.reaped ?? NONE;
}

/** @param {number} pid @returns {number} */
export const cpuSecondsOf = (pid) => totalOf(cpuOf(pid));
/** @param {number} pid @returns {number} */
export const cpuSecondsOfFamily = (pid) => totalOf(cpuOfFamily(pid));
/** @returns {number} */
export const reapedCpuSeconds = () => totalOf(reapedCpu());

/** A process and its children, those that are alive. */
function familyOf(pid) {
  return allPids()
    .map((other) => ({ pid: other, ...readStat(other) }))
    .filter((stat) => stat.own && (stat.pid === pid || stat.parent === pid));
}

/** Greatest resident memory of a process so far. @param {number} pid @returns {number} bytes; 0 when it is gone */
export function peakRssBytes(pid) {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match ? Number(match[1]) * 1024 : 0;
  } catch {
    return 0;
  }
}

/** Of the largest among a process and its children that are alive: of PostgreSQL, a backend with the buffers that it shares. */
export function peakRssBytesOfFamily(pid) {
  return Math.max(0, ...familyOf(pid).map((member) => peakRssBytes(member.pid)));
}

/**
 * Runs a program to its end. Its memory is looked at now and then, as Linux forgets it with the process.
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ stdout: string, peak_rss_bytes: number }>} @throws with what it wrote to stderr when it fails
 */
export async function runProgram(command, args, env = process.env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let peak_rss_bytes = 0;
  const timer = setInterval(() => {
    if (child.pid) peak_rss_bytes = Math.max(peak_rss_bytes, peakRssBytes(child.pid));
  }, RSS_POLL_MS);
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  try {
    const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}\n${stderr}${stdout}`);
    return { stdout, peak_rss_bytes };
  } finally {
    clearInterval(timer);
  }
}

/** The process that listens on a TCP port of this machine. @param {number} port @returns {number | undefined} */
export function pidListeningOn(port) {
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningSockets(table, port)));
  const pids = allPids().filter((pid) => openFilesOf(pid).some((file) => sockets.has(file)));
  // Children may have inherited the socket: the oldest ancestor owns it.
  return pids.find((pid) => !pids.includes(readStat(pid)?.parent ?? 0));
}

/** @returns {string[]} as they show among open files: `socket:[123]` */
function listeningSockets(table, port) {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let content = '';
  try {
    content = readFileSync(table, 'utf8');
  } catch {
    // A machine without IPv6 has no such table.
  }
  const rows = content.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => row[1]?.endsWith(suffix) && row[3] === LISTENING).map((row) => `socket:[${row[9]}]`);
}

/** @returns {string[]} none for a process that is gone or not ours to look into */
function openFilesOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}
