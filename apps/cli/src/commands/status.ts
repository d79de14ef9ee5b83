import type { Incidents, Pause } from '@millrace/postgres';
import { Command } from 'commander';
import pc from 'picocolors';
import { incidentLines, pauseLine } from '../checkpoints/checkpoint-lines.js';
import type { Freshness } from '../live/freshness.js';
import { readGauges } from '../live/gauges.js';
import type { LiveStatus } from '../live/read-live-status.js';
import type { Watch } from '../live/watches.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { millraceHome } from '../project.js';
import { formatCount, formatSeconds } from '../screen/format.js';
import { formatFreshness } from '../screen/live-lines.js';
import { formatTable, Painted } from '../screen/tables.js';
import { watchRow } from '../screen/watch-row.js';
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
  /** Messages of live producers that no ingestor has taken yet; null when none answers. */
  inbox_backlog: number | null;
  /** Since the aggregators started; null where nothing was measured. */
  freshness: Freshness | null;
  /** Null while PostgreSQL does not answer. */
  watches: Watch[] | null;
  paused: Pause[] | null;
  /** What Kafka lost, ever: healed, and what could not be. */
  incidents: Incidents[] | null;
  database_problem: string | null;
}

export function statusCommand(): Command {
  return new Command('status')
    .description('every service (process, state, lag, restarts), the inbox, freshness, watches')
    .option('--json', 'print JSON')
    .action(async ({ json }: OutputOptions) => {
      const home = millraceHome();
      const status = await readStatus(home);
      if (json) return printJson(status);
      const { supervisor, services } = status;
      print(supervisor ? `Supervisor ${supervisor.pid}, ${supervisor.state} (${home})` : `Nothing runs for ${home}`);
      if (services.length > 0) print(formatTable(services.map(forPeople)));
      if (supervisor) printLive(status);
    });
}

function printLive({ inbox_backlog, freshness, watches, paused, incidents, database_problem }: Status): void {
  print(`inbox      ${inbox_backlog === null ? 'unknown' : `${formatCount(inbox_backlog)} messages wait`}`);
  if (freshness) {
    print(`freshness  ${formatFreshness(freshness.p50_seconds)} p50, ${formatFreshness(freshness.p99_seconds)} p99`);
  }
  for (const line of [...(paused ?? []).map(pauseLine), ...(incidents ?? []).flatMap(incidentLines)]) print(line);
  if (database_problem) print(pc.red(`PostgreSQL: ${database_problem}`));
  if (watches && watches.length > 0) print(formatTable(watches.map(watchRow)));
}

/** From the state file, the processes and each service's metrics: works while PostgreSQL or Kafka is down. */
export async function readStatus(home: string): Promise<Status> {
  const state = readState(home);
  const unasked = { watches: null, paused: null, incidents: null, database_problem: null };
  const nothing = { inbox_backlog: null, freshness: null, ...unasked };
  if (!state) return { supervisor: null, services: [], ...nothing };
  const { supervisor_pid, started_at } = state;
  const services = await Promise.all(state.services.map(statusOf));
  if (!isSupervising(state)) return { supervisor: null, services, ...nothing };
  const { inbox_lag, freshness } = await readGauges(state.services);
  return {
    supervisor: { pid: supervisor_pid, state: state.state, started_at },
    services,
    inbox_backlog: inbox_lag,
    freshness,
    ...(state.database_url ? await askDatabase(state.database_url) : unasked),
  };
}

/** Its driver takes longer to load than all the rest. */
async function askDatabase(database_url: string): Promise<Pick<Status, keyof LiveStatus | 'database_problem'>> {
  const { readLiveStatus } = await import('../live/read-live-status.js');
  return readLiveStatus(database_url);
}

async function statusOf(record: ServiceRecord): Promise<ServiceStatus> {
  const alive = isAlive(record.pid);
  const text = alive && record.port !== null ? await readMetrics(record.port) : undefined;
  return {
    ...record,
    state: record.pid !== null && !alive ? 'dead' : record.state,
    lag: text === undefined ? null : (sumMetric(text, 'millrace_lag_messages') ?? null),
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
