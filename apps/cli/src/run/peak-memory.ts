import { readFileSync } from 'node:fs';
import type { ServiceRecord } from '../supervisor/state.js';

/** The highest resident memory that a service of each name has had since it was started, in bytes; empty where the system does not tell. */
export function peakMemory(services: readonly ServiceRecord[]): Record<string, number> {
  const peaks: Record<string, number> = {};
  for (const { name, pid } of services) {
    const size_bytes = pid === null ? undefined : peakOf(pid);
    if (size_bytes !== undefined) peaks[name] = Math.max(peaks[name] ?? 0, size_bytes);
  }
  return peaks;
}

/** Linux keeps the high-water mark of every process. */
function peakOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
