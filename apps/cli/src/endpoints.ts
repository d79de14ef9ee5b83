import { MillraceError } from '@millrace/contracts';
import { readServers } from '@millrace/embedded';
import { CommandFailure } from './failure.js';
import { baseUrl } from './produce/ingestors.js';
import { isSupervising } from './supervisor/leftovers.js';
import { metricsUrl } from './supervisor/readiness.js';
import { readState, type SupervisorState } from './supervisor/state.js';

export interface Endpoints {
  database_url: string;
  /** Comma-separated host:port. */
  kafka_brokers: string;
  metrics: string[];
  ingest: IngestEndpoint[];
}

/** The HTTP API of one ingestor. */
export interface IngestEndpoint {
  instance: string;
  url: string;
  /** Where rows are posted to; `:dataset` stands for a dataset's name. */
  rows_url: string;
  docs_url: string;
}

/** The state of the supervisor that lives in this home; undefined when none does. */
export function runningState(home: string): SupervisorState | undefined {
  const state = readState(home);
  return state && isSupervising(state) ? state : undefined;
}

/** Of the running supervisor, else of the environment. @throws MillraceError ENVIRONMENT_INVALID, CommandFailure NOT_RUNNING */
export function resolveEndpoints(home: string): Endpoints {
  const endpoints = findEndpoints(home);
  if (endpoints) return endpoints;
  throw new CommandFailure(
    'NOT_RUNNING',
    `nothing runs for ${home}, and DATABASE_URL and KAFKA_BROKERS are not set`,
    'start it: npx millrace up --detach',
  );
}

/** As resolveEndpoints; undefined where nothing runs and the environment names no servers. */
export function findEndpoints(home: string): Endpoints | undefined {
  const state = runningState(home);
  if (state?.database_url) {
    requireSameServers(state);
    const metrics = state.services.flatMap(({ port }) => (port === null ? [] : [metricsUrl(port)]));
    const ingest = state.services.flatMap(({ name, instance, port }) =>
      name === 'ingestor' && port !== null ? [ingestEndpoint(instance, port)] : [],
    );
    return { database_url: state.database_url, kafka_brokers: state.kafka_brokers, metrics, ingest };
  }
  const servers = readServers(process.env);
  return servers.kind === 'outside' ? { ...servers, metrics: [], ingest: [] } : undefined;
}

function ingestEndpoint(instance: string, port: number): IngestEndpoint {
  const url = baseUrl(port);
  return { instance, url, rows_url: `${url}/v1/datasets/:dataset/rows`, docs_url: `${url}/docs` };
}

/** @throws MillraceError ENVIRONMENT_INVALID when the environment names other servers than the running Millrace uses */
export function requireSameServers({ database_url, kafka_brokers }: SupervisorState): void {
  const { DATABASE_URL, KAFKA_BROKERS } = process.env;
  const other =
    (DATABASE_URL && DATABASE_URL.trim() !== database_url && 'DATABASE_URL') ||
    (KAFKA_BROKERS && KAFKA_BROKERS.trim() !== kafka_brokers && 'KAFKA_BROKERS');
  if (!other) return;
  const problem = `${other} names another server than the Millrace that runs here: unset it, or set MILLRACE_HOME`;
  throw new MillraceError('ENVIRONMENT_INVALID', problem);
}
