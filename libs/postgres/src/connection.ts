import { readFileSync } from 'node:fs';
import { type ConnectionOptions, getCACertificates } from 'node:tls';
import { MillraceError } from '@millrace/contracts';
import { withSecrets } from '@millrace/telemetry/environment';
import { tlsProblems } from '@millrace/telemetry/tls';

/** How to reach a server, as `pg` takes it. It holds the password: not for logs. */
export interface Connection {
  connectionString: string;
  /** Always set, so that `pg` does not read PGSSLMODE, which it understands in a way of its own. */
  ssl: false | ConnectionOptions;
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type Mode = (typeof MODES)[number];

/** libpq's parameters that are not left to `pg`, and the variables that stand for them. */
const PARAMETERS = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
} as const;

/** The mode, and the paths of PEM files. */
type Parameters = { mode: Mode } & Partial<Record<'sslrootcert' | 'sslcert' | 'sslkey' | 'sslpassword', string>>;

/**
 * The ways to connect that a URL and the PG* variables allow, in the order in which libpq tries them. `pg` itself takes other
 * meanings of sslmode, knows no PGSSLROOTCERT and falls back to nothing.
 * @throws MillraceError ENVIRONMENT_INVALID: no such mode, files that cannot be read, a password's file that is missing
 */
export function connectionsOf(url: string, environment: NodeJS.ProcessEnv = process.env): Connection[] {
  if (!URL.canParse(url)) throw invalid('DATABASE_URL is not postgres://user:password@host:port/database');
  const target = new URL(url);
  const parameters = takeParameters(target, environment);
  if (!target.password && !target.searchParams.get('password')) {
    const { PGPASSWORD } = withSecrets(environment, ['PGPASSWORD']);
    if (PGPASSWORD) target.searchParams.set('password', PGPASSWORD);
  }
  const connectionString = target.href;
  const plain: Connection = { connectionString, ssl: false };
  const { mode } = parameters;
  // As to libpq: a socket in the file system is never encrypted.
  if (mode === 'disable' || isSocket(target, environment)) return [plain];
  const secure: Connection = { connectionString, ssl: tlsOf(parameters) };
  if (mode === 'allow') return [plain, secure];
  return mode === 'prefer' ? [secure, plain] : [secure];
}

/** `host:port/database`, for people. */
export function describeTarget({ connectionString }: Connection): string {
  const { hostname, port, pathname, searchParams } = new URL(connectionString);
  return `${searchParams.get('host') || hostname || 'localhost'}:${searchParams.get('port') || port || 5432}${pathname}`;
}

function takeParameters(target: URL, environment: NodeJS.ProcessEnv): Parameters {
  const take = (name: string) => {
    const value = target.searchParams.get(name) || undefined;
    target.searchParams.delete(name);
    return value;
  };
  const of = (name: keyof typeof PARAMETERS) => take(name) ?? (environment[PARAMETERS[name]] || undefined);
  const isAsked = /^(true|1)$/.test(take('ssl') ?? '');
  take('uselibpqcompat');
  const sslrootcert = of('sslrootcert');
  const isSystem = sslrootcert === 'system';
  const mode = of('sslmode') ?? (isSystem ? 'verify-full' : isAsked ? 'require' : 'prefer');
  if (!isMode(mode)) throw invalid(`sslmode must be one of ${MODES.join(', ')}`);
  if (isSystem && mode !== 'verify-full') throw invalid(`sslrootcert=system needs sslmode=verify-full, not ${mode}`);
  if (mode === 'verify-ca' && !sslrootcert) {
    throw invalid("sslmode=verify-ca needs sslrootcert (or PGSSLROOTCERT): the authority's certificate");
  }
  return { mode, sslrootcert, sslcert: of('sslcert'), sslkey: of('sslkey'), sslpassword: take('sslpassword') };
}

const isMode = (text: string): text is Mode => (MODES as readonly string[]).includes(text);

function isSocket({ hostname, searchParams }: URL, environment: NodeJS.ProcessEnv): boolean {
  const host = searchParams.get('host') || decodeURIComponent(hostname) || environment.PGHOST || '';
  return host.startsWith('/');
}

/** libpq verifies the chain in every mode where it has a root certificate, and the name only in verify-full. */
function tlsOf({ mode, sslrootcert, sslcert, sslkey, sslpassword }: Parameters): ConnectionOptions {
  const options: ConnectionOptions = { rejectUnauthorized: sslrootcert !== undefined || mode === 'verify-full' };
  if (mode !== 'verify-full') options.checkServerIdentity = () => undefined;
  if (sslrootcert === 'system') options.ca = [...getCACertificates('default'), ...getCACertificates('system')];
  else if (sslrootcert) options.ca = read('sslrootcert', sslrootcert);
  if (Boolean(sslcert) !== Boolean(sslkey))
    throw invalid('sslcert and sslkey are only of use together: set both or neither');
  if (sslcert) options.cert = read('sslcert', sslcert);
  if (sslkey) options.key = read('sslkey', sslkey);
  if (sslpassword) options.passphrase = sslpassword;
  const problems = tlsProblems(options, 'sslrootcert, sslcert, sslkey');
  if (problems.length > 0) throw invalid(problems.join('; '));
  return options;
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`${name} names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

const invalid = (problem: string) => new MillraceError('ENVIRONMENT_INVALID', problem);
