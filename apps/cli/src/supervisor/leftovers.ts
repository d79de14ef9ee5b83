import { serviceScript } from '../project.js';
import { endProcess, runsScript } from './process.js';
import type { SupervisorState } from './state.js';

const DEADLINE_MS = 10_000;

/** Whether the supervisor that wrote this state lives. */
export function isSupervising(state: SupervisorState): boolean {
  return state.state !== 'stopped' && runsScript(state.supervisor_pid, 'millrace');
}

/** Services that outlived their supervisor: they end by themselves, but one that is stopped or stuck cannot. */
export function leftoverServices(state: SupervisorState): number[] {
  return state.services.flatMap(({ pid, name }) => (pid !== null && runsScript(pid, serviceScript(name)) ? [pid] : []));
}

/** Ends what a killed supervisor left. Call it only with the home locked. @returns how many there were */
export async function endLeftovers(state: SupervisorState | undefined): Promise<number> {
  const pids = state ? leftoverServices(state) : [];
  await Promise.all(pids.map((pid) => endProcess(pid, DEADLINE_MS)));
  return pids.length;
}
