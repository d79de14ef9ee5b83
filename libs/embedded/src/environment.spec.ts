import { createServer, type Server } from 'node:net';
import { MillraceError } from '@millrace/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { homeOf, parseBrokers, parseDatabaseUrl, readServers, resolveServers } from './environment.js';

const URL = 'postgres://someone:secret@db.example:6543/shop';

function failureOf(work: () => unknown): MillraceError {
  try {
    work();
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error('did not throw');
}

describe('KAFKA_BROKERS and DATABASE_URL', () => {
  it('unset or empty mean the embedded servers', () => {
    expect(readServers({})).toEqual({ kind: 'embedded' });
    expect(readServers({ KAFKA_BROKERS: '', DATABASE_URL: ' ' })).toEqual({ kind: 'embedded' });
  });

  it('set mean servers outside', () => {
    const servers = readServers({ KAFKA_BROKERS: ' a:9092, [::1]:9093 ', DATABASE_URL: URL });
    expect(servers).toEqual({ kind: 'outside', kafka_brokers: 'a:9092,[::1]:9093', database_url: URL });
  });

  it.each([
    [{ KAFKA_BROKERS: 'a:9092' }, /KAFKA_BROKERS is set but DATABASE_URL is not/],
    [{ DATABASE_URL: URL }, /DATABASE_URL is set but KAFKA_BROKERS is not/],
  ])('half-set are refused: %o', (environment, message) => {
    const error = failureOf(() => readServers(environment));
    expect(error).toMatchObject({ code: 'ENVIRONMENT_INVALID', message: expect.stringMatching(message) });
  });

  it.each(['a', 'a:', ':9092', 'a:0', 'a:65536', 'a:9092,', 'kafka://a:9092', 'a b:9092', 'a:9092;b:9092'])(
    'refuses the brokers %j',
    (brokers) => {
      expect(failureOf(() => parseBrokers(brokers))).toMatchObject({ code: 'ENVIRONMENT_INVALID' });
    },
  );

  it.each(['db:5432', 'mysql://a/b', 'postgres://host', 'postgres://host/', 'not a url', 'postgres://h:99999/d'])(
    'refuses the URL %j',
    (url) => {
      expect(failureOf(() => parseDatabaseUrl(url))).toMatchObject({ code: 'ENVIRONMENT_INVALID' });
    },
  );

  it('never shows the password of a malformed URL', () => {
    const error = failureOf(() => readServers({ KAFKA_BROKERS: 'a:1', DATABASE_URL: 'postgres://u:secret@host' }));
    expect(error.message).not.toContain('secret');
  });

  it('find the database by host, by IPv6 address and by socket', () => {
    expect(parseDatabaseUrl(URL)).toEqual({ host: 'db.example', port: 6543, shown: 'db.example:6543' });
    expect(parseDatabaseUrl('postgresql://u@[::1]/d')).toMatchObject({ host: '::1', port: 5432 });
    expect(parseDatabaseUrl('postgres:///d?host=/run/pg')).toMatchObject({ path: '/run/pg/.s.PGSQL.5432' });
  });
});

describe('servers outside', () => {
  let server: Server;
  let open: number;
  let closed: number;

  beforeAll(async () => {
    server = createServer((socket) => socket.end());
    open = await listen(server);
    const other = createServer();
    closed = await listen(other);
    await new Promise((done) => other.close(done));
  });

  afterAll(() => {
    server.close();
  });

  const environment = (kafka: number, postgres: number) => ({
    KAFKA_BROKERS: `127.0.0.1:${kafka}`,
    DATABASE_URL: `postgres://u:secret@127.0.0.1:${postgres}/d`,
  });

  it('are used when they answer, after the caller has looked at the database', async () => {
    const checkDatabase = vi.fn(async () => {});
    const servers = await resolveServers(environment(open, open), { checkDatabase });
    expect(servers.kind).toBe('outside');
    expect(checkDatabase).toHaveBeenCalledExactlyOnceWith(environment(open, open).DATABASE_URL);
  });

  it('need one broker that answers, not all', async () => {
    const both = { ...environment(open, open), KAFKA_BROKERS: `127.0.0.1:${closed},127.0.0.1:${open}` };
    await expect(resolveServers(both)).resolves.toMatchObject({ kind: 'outside' });
  });

  it('are an error when they do not answer, never replaced by embedded ones', async () => {
    await expect(resolveServers(environment(closed, open))).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    const failed = await resolveServers(environment(open, closed)).catch((error) => error);
    expect(failed).toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
    expect(failed.message).toContain('ECONNREFUSED');
    expect(failed.message).not.toContain('secret');
  });

  it('give way to what the look at the database finds', async () => {
    const checkDatabase = async () => {
      throw new MillraceError('POSTGRES_TOO_OLD', 'version 14');
    };
    const failed = resolveServers(environment(open, open), { checkDatabase });
    await expect(failed).rejects.toMatchObject({ code: 'POSTGRES_TOO_OLD' });
  });
});

describe('MILLRACE_HOME', () => {
  it('is made absolute, and .millrace where unset', () => {
    expect(homeOf({ MILLRACE_HOME: '/var/x' })).toBe('/var/x');
    expect(homeOf({})).toBe(`${process.cwd()}/.millrace`);
  });
});

function listen(server: Server): Promise<number> {
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port));
  });
}
