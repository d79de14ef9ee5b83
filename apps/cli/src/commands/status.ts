import { Command } from 'commander';
import pc from 'picocolors';
import { type OutputOptions, print, printJson } from '../output.js';
import { millraceHome } from '../project.js';
import { formatCount, formatSeconds } from '../screen/format.js';
import { formatTable, Painted } from '../screen/tables.js';
import { isSupervising } from '../supervisor/leftovers.js';
import { isAlive } from '../supervisor/process.js';
import { readMetrics, sumMetric } from '../supervisor/readiness.js';
import { readState, type ServiceRecord } from '../supervisor/state.js';

export interface ServiceStatus extends Omit<ServiceRecord, 'state'> {
  /** As the supervisor has it, or `dead` when its process is gone. */
  state: ServiceRecord['state'] | 'dead';
  /** Messages it has not taken yet; null when it does not answer or has none. */
  lag: number | null;
}

export interface Status {
  supervisor: { pid: number; state: string; started_at: string } | null;
  services: ServiceStatus[];
}

export function statusCommand(): Command {
  return new Command('status')
    .description('every service: process, state, lag, restarts')
    .option('--json', 'print JSON')
    .action(async ({ json }: OutputOptions) => {
      const home = millraceHome();
      const status = await readStatus(home);
      if (json) return printJson(status);
      const { supervisor, services } = status;
      print(supervisor ? `Supervisor ${supervisor.pid}, ${supervisor.state} (${home})` : `Nothing runs for ${home}`);
      if (services.length > 0) print(formatTable(services.map(forPeople)));
    });
}

/** From the state file, the processes and each service's metrics: works while PostgreSQL or Kafka is down. */
export async function readStatus(home: string): Promise<Status> {
  const state = readState(home);
  if (!state) return { supervisor: null, services: [] };
  const { supervisor_pid, started_at } = state;
  return {
    supervisor: isSupervising(state) ? { pid: supervisor_pid, state: state.state, started_at } : null,
    services: await Promise.all(state.services.map(statusOf)),
  };
}

async function statusOf(record: ServiceRecord): Promise<ServiceStatus> {
  const alive = isAlive(record.pid);
  const text = alive && record.port !== null ? await readMetrics(record.port) : undefined;
  return {
    ...record,
    state: record.pid !== null && !alive ? 'dead' : record.state,
    lag: text === undefined ? null : (sumMetric(text, 'millrace_lag') ?? null),
  };
}

function forPeople({ instance, pid, state, lag, restarts, port, started_at }: ServiceStatus) {
  const up = started_at && pid ? formatSeconds((Date.now() - Date.parse(started_at)) / 1000) : '';
  const colour = state === 'running' ? pc.green : state === 'starting' ? pc.yellow : pc.red;
  return {
    service: instance,
    state: new Painted(state, colour),
    pid: pid ?? '',
    lag: lag === null ? '' : formatCount(lag),
    restarts,
    port: port ?? '',
    up,
  };
}
