/** What one piece of work costs the processes that take part in it. */
import { addCpu, cpuOf, cpuOfFamily, reapedCpu, subtractCpu } from './processes.mjs';

/** @typedef {import('./processes.mjs').Cpu} Cpu */

/**
 * Runs `work` and gives the CPU seconds that each process used meanwhile.
 * @template T
 * @param {{ own?: [name: string, pid: number | null | undefined][], families?: [name: string, pid: number][], children?: string }} processes
 *   those of one name are added up; `families` count with their children; `children` names what `work` starts and waits for
 * @param {() => Promise<T>} work
 * @returns {Promise<{ result: T, seconds: number, cpu_seconds: Record<string, Cpu> }>}
 */
export async function measure({ own = [], families = [], children }, work) {
  const readers = [
    ...own.filter(([, pid]) => pid).map(([name, pid]) => [name, () => cpuOf(pid)]),
    ...families.map(([name, pid]) => [name, () => cpuOfFamily(pid)]),
    ...(children ? [[children, reapedCpu]] : []),
  ];
  const read = () => readers.map(([, reader]) => reader());
  const before = read();
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  const after = read();
  /** @type {Record<string, Cpu>} */
  const cpu_seconds = {};
  for (const [at, [name]] of readers.entries()) {
    const used = subtractCpu(after[at], before[at]);
    cpu_seconds[name] = cpu_seconds[name] ? addCpu(cpu_seconds[name], used) : used;
  }
  return { result, seconds, cpu_seconds };
}
