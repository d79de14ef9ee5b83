/** CPU time and memory of processes, as Linux tells them in /proc. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const LISTENING = '0A';

/** @returns {number[]} */
function allPids() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/**
 * @param {number} pid
 * @returns {{ parent: number, own_ticks: number, reaped_ticks: number } | undefined} undefined when it is gone
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
  return { parent: fields[1], own_ticks: fields[11] + fields[12], reaped_ticks: fields[13] + fields[14] };
}

/** CPU seconds of one process, without its children; 0 when it is gone. @param {number} pid @returns {number} */
export function cpuSecondsOf(pid) {
  return (readStat(pid)?.own_ticks ?? 0) / TICKS_PER_SECOND;
}

/**
 * CPU seconds of a process, of its children that are alive and of those that it has waited for: of PostgreSQL's
 * postmaster, all backends that ever were.
 * @param {number} pid @returns {number}
 */
export function cpuSecondsOfFamily(pid) {
  let ticks = readStat(pid)?.reaped_ticks ?? 0;
  for (const other of allPids()) {
    const stat = readStat(other);
    if (stat && (other === pid || stat.parent === pid)) ticks += stat.own_ticks;
  }
  return ticks / TICKS_PER_SECOND;
}

/** CPU seconds of the processes that this one has started and waited for. @returns {number} */
export function reapedCpuSeconds() {
  return (readStat(process.pid)?.reaped_ticks ?? 0) / TICKS_PER_SECOND;
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
  let text = '';
  try {
    text = readFileSync(table, 'utf8');
  } catch {
    // A machine without IPv6 has no such table.
  }
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
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
