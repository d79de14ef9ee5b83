import { endLeftovers, isSupervising } from './leftovers.js';
import { endProcess } from './process.js';
import { readState } from './state.js';

/** Longer than a supervisor takes at most: its services, then the broker's controlled shutdown. */
const DEADLINE_MS = 60_000;

export interface Stopped {
  /** Null when none lived. */
  supervisor_pid: number | null;
  /** Services that had outlived their supervisor. */
  leftovers: number;
}

/** Ends the supervisor of a home, and with it all that it started. */
export async function stopMillrace(home: string): Promise<Stopped> {
  const state = readState(home);
  if (!state) return { supervisor_pid: null, leftovers: 0 };
  const supervisor_pid = isSupervising(state) ? state.supervisor_pid : null;
  if (supervisor_pid !== null) await endProcess(supervisor_pid, DEADLINE_MS);
  return { supervisor_pid, leftovers: await endLeftovers(readState(home)) };
}
