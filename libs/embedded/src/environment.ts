import { connect, type NetConnectOpts } from 'node:net';
import { resolve } from 'node:path';
import { type ErrorCode, MillraceError } from '@millrace/contracts';

/** Servers of the user's own, or those that Millrace starts itself. */
export type Servers = { kind: 'outside'; kafka_brokers: string; database_url: string } | { kind: 'embedded' };

export interface ResolveOptions {
  /** Looks at the database itself; may throw POSTGRES_UNREACHABLE or POSTGRES_TOO_OLD. */
  checkDatabase?: (database_url: string) => Promise<void>;
  timeout_ms?: number;
}

type Environment = Record<string, string | undefined>;

const CONNECT_MS = 3000;

/** The state directory as an absolute path: MILLRACE_HOME, or `.millrace` where the command runs. */
export function homeOf(env: Environment): string {
  return resolve(env.MILLRACE_HOME?.trim() || '.millrace');
}

/**
 * Decides by KAFKA_BROKERS and DATABASE_URL (secrets of files in their place already) which servers are used, and sees that outside ones answer.
 * There is no way back from outside to embedded: what is set but does not answer is an error.
 * @throws MillraceError ENVIRONMENT_INVALID, KAFKA_UNREACHABLE, POSTGRES_UNREACHABLE or what `checkDatabase` throws
 */
export async function resolveServers(env: Environment, options: ResolveOptions = {}): Promise<Servers> {
  const servers = readServers(env);
  if (servers.kind === 'embedded') return servers;
  const timeout_ms = options.timeout_ms ?? CONNECT_MS;
  await Promise.all([
    requireBroker(servers.kafka_brokers, timeout_ms),
    requireDatabase(servers.database_url, timeout_ms),
  ]);
  await options.checkDatabase?.(servers.database_url);
  return servers;
}

/** As resolveServers, without asking the servers. @throws MillraceError ENVIRONMENT_INVALID */
export function readServers(env: Environment): Servers {
  const brokers = env.KAFKA_BROKERS?.trim();
  const url = env.DATABASE_URL?.trim();
  if (!brokers && !url) {
    const protocol = env.KAFKA_SECURITY_PROTOCOL;
    if (!protocol || protocol === 'PLAINTEXT') return { kind: 'embedded' };
    throw new MillraceError(
      'ENVIRONMENT_INVALID',
      `KAFKA_SECURITY_PROTOCOL is ${protocol} but KAFKA_BROKERS is not set: name the brokers, or unset it for the embedded servers`,
    );
  }
  if (!brokers || !url) {
    const [set, missing] = brokers ? ['KAFKA_BROKERS', 'DATABASE_URL'] : ['DATABASE_URL', 'KAFKA_BROKERS'];
    throw new MillraceError(
      'ENVIRONMENT_INVALID',
      `${set} is set but ${missing} is not: set both to use your own servers, or neither to use the embedded ones`,
    );
  }
  const kafka_brokers = parseBrokers(brokers)
    .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
    .join(',');
  parseDatabaseUrl(url);
  return { kind: 'outside', kafka_brokers, database_url: url };
}

/** Reads `host:port,host:port`. @throws MillraceError ENVIRONMENT_INVALID */
export function parseBrokers(text: string): { host: string; port: number }[] {
  return text.split(',').map((part) => {
    const match = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(part.trim());
    const port = Number(match?.[3]);
    if (!match || port < 1 || port > 65_535) {
      throw new MillraceError('ENVIRONMENT_INVALID', `KAFKA_BROKERS: "${part.trim()}" is not host:port`);
    }
    return { host: match[1] ?? match[2], port };
  });
}

/** Where the server of a URL listens. @throws MillraceError ENVIRONMENT_INVALID, which never shows the password */
export function parseDatabaseUrl(text: string): NetConnectOpts & { shown: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const known = url && ['postgres:', 'postgresql:'].includes(url.protocol);
  if (!known || url.pathname.length < 2) {
    throw new MillraceError('ENVIRONMENT_INVALID', 'DATABASE_URL is not postgres://user:password@host:port/database');
  }
  const port = Number(url.port || 5432);
  const host = url.searchParams.get('host') ?? url.hostname.replace(/^\[|\]$/g, '');
  if (host.startsWith('/')) {
    const path = `${host}/.s.PGSQL.${port}`;
    return { path, shown: path };
  }
  return { host: host || 'localhost', port, shown: `${host || 'localhost'}:${port}` };
}

async function requireBroker(brokers: string, timeout_ms: number): Promise<void> {
  const attempts = parseBrokers(brokers).map(({ host, port }) => reach({ host, port }, timeout_ms));
  // One that answers knows all others.
  await Promise.any(attempts).catch((error: AggregateError) => {
    throw unreachable('KAFKA_UNREACHABLE', `Kafka at ${brokers}`, error.errors[0], 'KAFKA_BROKERS');
  });
}

async function requireDatabase(url: string, timeout_ms: number): Promise<void> {
  const { shown, ...address } = parseDatabaseUrl(url);
  await reach(address as NetConnectOpts, timeout_ms).catch((error) => {
    throw unreachable('POSTGRES_UNREACHABLE', `PostgreSQL at ${shown}`, error, 'DATABASE_URL');
  });
}

function unreachable(code: ErrorCode, server: string, cause: unknown, variable: string): MillraceError {
  const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
  const advice = `start it, correct ${variable}, or unset both KAFKA_BROKERS and DATABASE_URL for the embedded servers`;
  return new MillraceError(code, `${server} does not answer (${why}): ${advice}`, { cause });
}

function reach(address: NetConnectOpts, timeout_ms: number): Promise<void> {
  return new Promise((done, fail) => {
    const socket = connect(address);
    socket.setTimeout(timeout_ms, () => {
      socket.destroy(new Error(`no answer within ${timeout_ms} ms`));
    });
    socket.once('connect', () => {
      socket.destroy();
      done();
    });
    socket.once('error', fail);
  });
}
