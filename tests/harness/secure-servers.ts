import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '@millrace/embedded';
import getPort from 'get-port';
import { Authority } from './certificates.js';

/** With characters that break URLs, property files and lines of JSON where somebody forgets to escape them. */
export const PASSWORDS = {
  scram: 'Scram%41/@:+"geheim"',
  plain: 'Plain-geheim-7#x y',
  postgres: 'Pg%41/@:?#&+"geheim" x',
} as const;

/** What others run: a broker that takes TLS with SASL, or TLS with client certificates; a PostgreSQL that takes TLS only. */
export interface SecureServers {
  embedded: Embedded;
  /** SASL_SSL, by SCRAM-SHA-512 and PLAIN. */
  kafka_sasl: string;
  /** SSL, with client certificates of the authority. */
  kafka_mutual: string;
  /** Without password; its certificate is for `localhost` only. */
  database_url: string;
  authority: Authority;
  /** Paths of PEM files. */
  files: { ca: string; other_ca: string; client_cert: string; client_key: string };
}

const jaas = (module: string, options: Record<string, string> = {}) =>
  `org.apache.kafka.common.security.${module} required${Object.entries(options)
    .map(([name, value]) => ` ${name}="${value.replace(/[\\"]/g, '\\$&')}"`)
    .join('')};`;

/** A backslash is the escape of property files too. */
const property = (value: string) => value.replaceAll('\\', '\\\\');

/** @param home an empty directory; the caller stops `embedded` and removes it */
export async function startSecureServers(home: string): Promise<SecureServers> {
  const authority = await Authority.create('Millrace test authority');
  const pem = join(home, 'pem');
  mkdirSync(pem, { recursive: true });
  const write = (name: string, content: string) => {
    writeFileSync(join(pem, name), content, { mode: 0o600 });
    return join(pem, name);
  };
  const [broker, database, client, other] = await Promise.all([
    authority.issue(['localhost', '127.0.0.1']),
    authority.issue(['localhost']),
    authority.issue(['millrace']),
    Authority.create('Somebody else'),
  ]);
  const files = {
    ca: write('ca.pem', authority.cert),
    other_ca: write('other-ca.pem', other.cert),
    client_cert: write('client.pem', client.cert),
    client_key: write('client.key', client.key),
  };
  const keystore = write('broker.pem', `${broker.key}${broker.cert}`);
  const mutual = await getPort({ host: '127.0.0.1' });
  const embedded = await startEmbedded(home, {
    kafka: {
      format_args: ['--add-scram', `SCRAM-SHA-512=[name=millrace,password=${PASSWORDS.scram}]`],
      properties: ({ kafka, kafka_controller }) => ({
        listeners: `BROKER://127.0.0.1:${kafka},CONTROLLER://127.0.0.1:${kafka_controller},MUTUAL://127.0.0.1:${mutual}`,
        'advertised.listeners': `BROKER://localhost:${kafka},MUTUAL://127.0.0.1:${mutual}`,
        'listener.security.protocol.map': 'BROKER:SASL_SSL,CONTROLLER:PLAINTEXT,MUTUAL:SSL',
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
        'sasl.mechanism.inter.broker.protocol': 'PLAIN',
        'listener.name.broker.plain.sasl.jaas.config': property(
          jaas('plain.PlainLoginModule', {
            username: 'broker',
            password: 'between-brokers',
            user_broker: 'between-brokers',
            user_millrace: PASSWORDS.plain,
          }),
        ),
        'listener.name.broker.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule'),
        'listener.name.mutual.ssl.client.auth': 'required',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': keystore,
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': files.ca,
      }),
    },
    postgres: {
      settings: { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' },
      files: {
        'server.crt': database.cert,
        'server.key': database.key,
        'pg_hba.conf': 'hostssl all all 127.0.0.1/32 scram-sha-256\n',
      },
    },
  });
  const url = new URL(embedded.database_url);
  const port = embedded.kafka_brokers.split(':')[1];
  return {
    embedded,
    kafka_sasl: `localhost:${port}`,
    kafka_mutual: `127.0.0.1:${mutual}`,
    database_url: `postgres://millrace@localhost:${url.port}/millrace`,
    authority,
    files,
  };
}
