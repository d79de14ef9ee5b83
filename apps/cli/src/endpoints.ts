import { MillraceError } from '@millrace/contracts';
import { readServers } from '@millrace/embedded';
import { maskSecrets, withSecrets } from '@millrace/telemetry/environment';
import { CommandFailure } from './failure.js';
import { baseUrl } from './produce/ingestors.js';
import { isSupervising } from './supervisor/leftovers.js';
import { metricsUrl } from './supervisor/readiness.js';
import { readState, type SupervisorState } from './supervisor/state.js';

export interface Endpoints {
  /** With the password: not for people unless they ask for it. */
  database_url: string;
  /** Comma-separated host:port. */
  kafka_brokers: string;
  /** Whether the servers are Millrace's own, which take connections of this machine only. */
  embedded: boolean;
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
    const { database_url, kafka_brokers, embedded } = requireSameServers(state);
    const metrics = state.services.flatMap(({ port }) => (port === null ? [] : [metricsUrl(port)]));
    const ingest = state.services.flatMap(({ name, instance, port }) =>
      name === 'ingestor' && port !== null ? [ingestEndpoint(instance, port)] : [],
    );
    return { database_url, kafka_brokers, embedded, metrics, ingest };
  }
  const servers = readServers(withSecrets());
  if (servers.kind !== 'outside') return undefined;
  const { database_url, kafka_brokers } = servers;
  return { database_url, kafka_brokers, embedded: false, metrics: [], ingest: [] };
}

/** For people: the password of the embedded server is of use on this machine only, that of any other server is nobody's business. */
export function shownDatabaseUrl({ database_url, embedded }: Pick<Endpoints, 'database_url' | 'embedded'>): string {
  return embedded ? database_url : maskSecrets(database_url);
}

function ingestEndpoint(instance: string, port: number): IngestEndpoint {
  const url = baseUrl(port);
  return { instance, url, rows_url: `${url}/v1/datasets/:dataset/rows`, docs_url: `${url}/docs` };
}

/**
 * The servers of the running Millrace. What the environment says of them counts: passwords change.
 * @throws MillraceError ENVIRONMENT_INVALID when the environment names other servers than the running Millrace uses
 */
export function requireSameServers(state: SupervisorState): SupervisorState {
  const { DATABASE_URL, KAFKA_BROKERS } = withSecrets(process.env, ['DATABASE_URL']);
  const url = DATABASE_URL?.trim();
  const other =
    (url && withoutPassword(url) !== withoutPassword(state.database_url) && 'DATABASE_URL') ||
    (KAFKA_BROKERS && KAFKA_BROKERS.trim() !== state.kafka_brokers && 'KAFKA_BROKERS');
  if (!other) return { ...state, database_url: url || state.database_url };
  const problem = `${other} names another server than the Millrace that runs here: unset it, or set MILLRACE_HOME`;
  throw new MillraceError('ENVIRONMENT_INVALID', problem);
}

const withoutPassword = (url: string) => apartFromPassword(url).url;

/** A database's URL without its password, and that. */
export function apartFromPassword(whole_url: string): { url: string; password?: string } {
  if (!URL.canParse(whole_url)) return { url: whole_url };
  const url = new URL(whole_url);
  const password = url.searchParams.get('password') || decodeURIComponent(url.password);
  url.password = '';
  url.searchParams.delete('password');
  return { url: url.href, password };
}
