import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { connectKafka, readKafkaSecurity } from '@millrace/kafka';
import { openDatabase } from '@millrace/postgres';
import { generateSales } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectExact, Pipeline } from '../harness/pipeline.js';
import { PASSWORDS, type SecureServers, startSecureServers } from '../harness/secure-servers.js';

const millrace = join(import.meta.dirname, '../../apps/cli/bin/millrace.js');
const base = mkdtempSync(join(tmpdir(), 'millrace-secure-'));
const WRONG = 'not-the-Geheimnis';

let servers: SecureServers;
/** What every user of these servers sets; no secret in it but the names of files. */
let common: Record<string, string>;

function fileOf(name: string, content: string): string {
  mkdirSync(join(base, 'secrets'), { recursive: true });
  writeFileSync(join(base, 'secrets', name), `${content}\n`, { mode: 0o600 });
  return join(base, 'secrets', name);
}

/** Everything that a home's services and supervisor have written. */
function writtenIn(home: string): string {
  const names = readdirSync(home, { recursive: true, encoding: 'utf8' }).map((name) => join(home, name));
  return names
    .filter((name) => statSync(name).isFile())
    .map((name) => readFileSync(name, 'utf8'))
    .join('\n');
}

/** Each password, as it is and as JSON and URLs spell it. */
const SPELLED = [...Object.values(PASSWORDS), WRONG].flatMap((secret) => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
]);

function expectNoSecret(text: string): void {
  expect(SPELLED.filter((secret) => text.includes(secret))).toEqual([]);
}

/** The database's, with its password and all. */
function wholeUrl(): string {
  const url = new URL(servers.database_url);
  url.password = encodeURIComponent(PASSWORDS.postgres);
  url.search = `sslmode=verify-full&sslrootcert=${servers.files.ca}`;
  return url.href;
}

/** What `millrace start` prints until the text is there, and until it has stopped. */
async function serviceOutput(service: string, environment: Record<string, string>, text: RegExp): Promise<string> {
  const { KAFKA_BROKERS: _brokers, DATABASE_URL: _url, ...rest } = process.env;
  const env = { ...rest, ...environment, MILLRACE_HOME: join(base, service) };
  const child = spawn(process.execPath, [millrace, 'start', service], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  try {
    await expect.poll(() => output, { timeout: 30_000, interval: 50 }).toMatch(text);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  return output;
}

beforeAll(async () => {
  servers = await startSecureServers(join(base, 'servers'));
  const url = new URL(servers.embedded.database_url);
  url.searchParams.set('sslmode', 'require');
  const owner = await openDatabase(url.href, { max: 1 });
  await owner.query(`alter role millrace password '${PASSWORDS.postgres}'`);
  await owner.close();
  common = {
    KAFKA_BROKERS: servers.kafka_sasl,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_USERNAME: 'millrace',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_PASSWORD_FILE: fileOf('scram', PASSWORDS.scram),
    KAFKA_SSL_CA_FILE: servers.files.ca,
    DATABASE_URL: `${servers.database_url}?sslmode=verify-full`,
    PGSSLROOTCERT: servers.files.ca,
    PGPASSWORD_FILE: fileOf('postgres', PASSWORDS.postgres),
  };
});

afterAll(async () => {
  await servers?.embedded.stop();
  rmSync(base, { recursive: true, force: true });
});

describe('on servers with TLS and passwords, the secrets in files', () => {
  it('the whole pipeline is exact, and nothing that it writes or prints holds a secret', async () => {
    const directory = join(base, 'sales');
    const answer = generateSales({ rows: 3000, parts: 2, seed: 11, dup: 0.05, bad: 0.05, directory });
    const pipeline = new Pipeline(common);
    try {
      pipeline.database = await openDatabase(wholeUrl(), { max: 2 });
      const run = await pipeline.run(directory);
      expectExact(run, answer);
      await pipeline.expect(answer);
      const written = writtenIn(pipeline.home);
      expect(written).toContain('"msg":"stopped"');
      expectNoSecret(run.stderr + written);
      const modes = ['', 'state.json'].map((name) => statSync(join(pipeline.home, name)).mode & 0o777);
      expect(modes.map((mode) => mode.toString(8))).toEqual(['700', '600']);
    } finally {
      await pipeline.stop();
    }
  });

  it('a service works by PLAIN and with its whole URL in a file, which no command shows unless asked', async () => {
    const { DATABASE_URL: _url, PGPASSWORD_FILE: _file, PGSSLROOTCERT: _root, ...rest } = common;
    const environment = {
      ...rest,
      DATABASE_URL_FILE: fileOf('url', wholeUrl()),
      KAFKA_SASL_MECHANISM: 'PLAIN',
      KAFKA_SASL_PASSWORD_FILE: fileOf('plain', PASSWORDS.plain),
    };
    expectNoSecret(await serviceOutput('deduper', environment, /"msg":"consuming"/));
    const pipeline = new Pipeline(environment);
    const shown = await Promise.all([pipeline.cli('endpoints'), pipeline.cli('endpoints', '--json')]);
    for (const text of shown) expect(text).toContain('postgres://millrace:***@localhost');
    expectNoSecret(shown.join());
    expect(await pipeline.cli('endpoints', '--show-secrets')).toContain(wholeUrl());
    rmSync(pipeline.home, { recursive: true, force: true });
  });

  it('a run that is refused ends with what, where and what to do, and tells no secret', async () => {
    const refused: [change: Record<string, string>, text: RegExp][] = [
      [
        { KAFKA_SASL_PASSWORD_FILE: fileOf('wrong', WRONG) },
        /KAFKA_REFUSED.*Kafka at localhost:\d+ does not take our user.*check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD/s,
      ],
      [
        { KAFKA_SSL_CA_FILE: servers.files.other_ca },
        /KAFKA_REFUSED.*Kafka at localhost:\d+ .*not signed by an authority.*KAFKA_SSL_CA_FILE/s,
      ],
      [
        { DATABASE_URL: common.DATABASE_URL.replace('localhost', '127.0.0.1') },
        /POSTGRES_REFUSED.*PostgreSQL at 127\.0\.0\.1:\d+\/millrace .*for another name; use a name of the certificate/s,
      ],
      [
        { PGPASSWORD_FILE: join(base, 'none') },
        /ENVIRONMENT_INVALID.*PGPASSWORD_FILE names .*none, which cannot be read/s,
      ],
    ];
    await Promise.all(
      refused.map(async ([change, text]) => {
        const pipeline = new Pipeline({ ...common, ...change });
        const { ended } = pipeline.command('run', '--once', '--dataset', 'sales', '--path', base, '--json');
        const { exit_code, last, stderr } = await ended;
        expect(exit_code).toBe(text.source.startsWith('ENVIRONMENT') ? 3 : 1);
        expect(stderr).toMatch(text);
        expectNoSecret(stderr + JSON.stringify(last) + writtenIn(pipeline.home));
        rmSync(pipeline.home, { recursive: true, force: true });
      }),
    );
  });

  it('a service that is refused says so, and tells no secret however much it logs', async () => {
    const environment = {
      ...common,
      KAFKA_SASL_PASSWORD_FILE: fileOf('wrong-scram', WRONG),
      PGPASSWORD_FILE: '',
      PGPASSWORD: WRONG,
      MILLRACE_LOG_LEVEL: 'trace',
    };
    const both = /(?=.*check KAFKA_SASL_USERNAME)(?=.*password authentication failed)/s;
    expectNoSecret(await serviceOutput('aggregator', environment, both));
  });
});

describe('a Kafka client', () => {
  const connect = (brokers: string, env: Record<string, string>) =>
    connectKafka({ brokers: [brokers], clientId: 'test', security: readKafkaSecurity(env), wait_ms: 3000 });
  const ssl = () => ({ KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA_FILE: servers.files.ca });

  it('shows its certificate where one is asked for, in both clients', async () => {
    const { client_cert, client_key } = servers.files;
    const own = { ...ssl(), KAFKA_SSL_CERTIFICATE_FILE: client_cert, KAFKA_SSL_KEY_FILE: client_key };
    const kafka = await connect(servers.kafka_mutual, own);
    await kafka.ensureTopics([{ topic: 'mutual', partitions: 1 }]);
    expect([...(await kafka.topicIds(['mutual'])).keys()]).toEqual(['mutual']);
    await kafka.close();
    await expect(connect(servers.kafka_mutual, ssl())).rejects.toMatchObject({
      code: 'KAFKA_REFUSED',
      message: expect.stringMatching(/client certificate.*KAFKA_SSL_CERTIFICATE_FILE/),
    });
  });

  it.each([
    [
      'TLS where a user is wanted too',
      () => [servers.kafka_sasl, ssl()],
      /wants a user \(SASL by PLAIN, SCRAM-SHA-512\).*set it to SASL_SSL$/,
    ],
    [
      'plaintext to a port for TLS',
      () => [servers.kafka_sasl, {}],
      /speaks TLS only, but KAFKA_SECURITY_PROTOCOL is PLAINTEXT: set it to SASL_SSL$/,
    ],
    [
      'TLS to a port for plaintext',
      () => [process.env.KAFKA_BROKERS, ssl()],
      /speaks no TLS, but KAFKA_SECURITY_PROTOCOL is SSL: set it to PLAINTEXT$/,
    ],
  ] as const)('is told of %s', async (_what, of, message) => {
    const [brokers, env] = of();
    await expect(connect(brokers as string, env as Record<string, string>)).rejects.toMatchObject({
      code: 'KAFKA_REFUSED',
      retriable: false,
      message: expect.stringMatching(message),
    });
  });

  it('is told of a certificate that has expired', async () => {
    const { cert, key } = await servers.authority.issue(['localhost'], -1);
    const server = createServer({ cert, key }, (socket) => socket.destroy());
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(connect(`localhost:${port}`, ssl())).rejects.toMatchObject({
      code: 'KAFKA_REFUSED',
      message: expect.stringMatching(/expired; renew it/),
    });
    server.close();
  });
});

describe('sslmode', () => {
  /** Whether the connection is encrypted, or the code of the refusal. */
  async function outcome(url: string, parameters: string): Promise<boolean | string> {
    try {
      const database = await openDatabase(`${url}?${parameters}`, { max: 1 });
      const [{ ssl }] = await database.query<{ ssl: boolean }>(
        'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
      );
      await database.close();
      return ssl;
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  it('takes TLS from a server that wants it and does without where there is none, as libpq does', async () => {
    const secure = wholeUrl().replace(/\?.*/, '');
    const plain = (process.env.DATABASE_URL as string).replace(/\?.*/, '');
    const refused = 'POSTGRES_REFUSED';
    const expected: [string, boolean | string, boolean | string][] = [
      ['', true, false],
      ['sslmode=disable', refused, false],
      ['sslmode=allow', true, false],
      ['sslmode=prefer', true, false],
      ['sslmode=require', true, refused],
      [`sslmode=verify-full&sslrootcert=${servers.files.ca}`, true, refused],
      [`sslmode=require&sslrootcert=${servers.files.other_ca}`, refused, refused],
    ];
    for (const [parameters, on, off] of expected) {
      const found = [await outcome(secure, parameters), await outcome(plain, parameters)];
      expect({ parameters, found }).toEqual({ parameters, found: [on, off] });
    }
  });
});
