import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { MillraceError } from '@millrace/contracts';
import { oneOf, optional, readEnvironment, text } from '@millrace/telemetry/environment';
import { tlsProblems } from '@millrace/telemetry/tls';
import type { AdminOptions } from '@platformatic/kafka';
import type { KafkaConfig, SASLOptions } from 'kafkajs';

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** How to speak to the brokers, by the names that Kafka's own tools use. */
export const SECURITY_VARIABLES = {
  KAFKA_SECURITY_PROTOCOL: oneOf(PROTOCOLS, 'PLAINTEXT'),
  KAFKA_SASL_MECHANISM: optional(oneOf(MECHANISMS)),
  KAFKA_SASL_USERNAME: optional(text()),
  KAFKA_SASL_PASSWORD: optional(text()),
  /** PEM; without it the authorities that Node knows count. */
  KAFKA_SSL_CA_FILE: optional(text()),
  /** PEM, the client's own with its chain. */
  KAFKA_SSL_CERTIFICATE_FILE: optional(text()),
  KAFKA_SSL_KEY_FILE: optional(text()),
  KAFKA_SSL_KEY_PASSWORD: optional(text()),
};

export interface KafkaSecurity {
  protocol: (typeof PROTOCOLS)[number];
  /** Undefined: plaintext. Contents of the PEM files. */
  tls?: { ca?: string; cert?: string; key?: string; passphrase?: string };
  sasl?: { mechanism: (typeof MECHANISMS)[number]; username: string; password: string };
}

/**
 * The security settings of the environment, read once by each process; certificates and secrets of files with them.
 * @throws MillraceError ENVIRONMENT_INVALID: what is missing, contradicts itself or cannot be read; never a value
 */
export function readKafkaSecurity(environment: NodeJS.ProcessEnv = process.env): KafkaSecurity {
  const values = readEnvironment(SECURITY_VARIABLES, environment);
  const protocol = values.KAFKA_SECURITY_PROTOCOL;
  const security: KafkaSecurity = { protocol };
  const problems: string[] = [];
  const require = (...names: (keyof typeof values)[]) =>
    problems.push(
      ...names.filter((name) => !values[name]).map((name) => `${name} is not set, and ${protocol} needs it`),
    );
  const read = (name: keyof typeof values): string | undefined => {
    const path = values[name];
    if (!path) return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      problems.push(`${name} names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code})`);
      return undefined;
    }
  };

  if (protocol.startsWith('SASL')) {
    require('KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD');
    const {
      KAFKA_SASL_MECHANISM: mechanism = 'PLAIN',
      KAFKA_SASL_USERNAME: username = '',
      KAFKA_SASL_PASSWORD: password = '',
    } = values;
    security.sasl = { mechanism, username, password };
  }
  if (protocol.endsWith('SSL')) {
    if (values.KAFKA_SSL_KEY_FILE) require('KAFKA_SSL_CERTIFICATE_FILE');
    if (values.KAFKA_SSL_CERTIFICATE_FILE) require('KAFKA_SSL_KEY_FILE');
    security.tls = {
      ca: read('KAFKA_SSL_CA_FILE'),
      cert: read('KAFKA_SSL_CERTIFICATE_FILE'),
      key: read('KAFKA_SSL_KEY_FILE'),
      passphrase: values.KAFKA_SSL_KEY_PASSWORD,
    };
    if (problems.length === 0) problems.push(...tlsProblems(security.tls, 'KAFKA_SSL_*'));
  }
  problems.push(...unused(values, security));
  if (problems.length > 0) throw new MillraceError('ENVIRONMENT_INVALID', problems.join('; '));
  return security;
}

/** Who sets a password means it to be used: a protocol that was forgotten must not send everything in clear. */
function unused(values: Record<string, unknown>, { protocol, tls, sasl }: KafkaSecurity): string[] {
  const wanted = (name: string) => (name.startsWith('KAFKA_SASL_') || sasl ? 'SASL_SSL' : 'SSL');
  return Object.keys(values)
    .filter((name) => values[name] !== undefined)
    .filter((name) => (name.startsWith('KAFKA_SASL_') && !sasl) || (name.startsWith('KAFKA_SSL_') && !tls))
    .map((name) => `${name} is set, but KAFKA_SECURITY_PROTOCOL is ${protocol}: set that to ${wanted(name)}`);
}

/** For kafkajs. */
export function kafkajsSecurity(security: KafkaSecurity | undefined): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const { tls, sasl } = security ?? {};
  return {
    ...(tls ? { ssl: tls } : {}),
    ...(sasl ? { sasl: { ...sasl, mechanism: sasl.mechanism.toLowerCase() } as SASLOptions } : {}),
  };
}

/** For the other client, which names servers by their addresses to TLS unless told otherwise: shared front ends go by the name. */
export function adminSecurity(
  security: KafkaSecurity | undefined,
  brokers: readonly string[],
): Pick<AdminOptions, 'tls' | 'tlsServerName' | 'sasl'> {
  const { tls, sasl } = security ?? {};
  const named = brokers.some((broker) => !isIP(hostOf(broker)));
  return { ...(tls ? { tls, tlsServerName: named } : {}), ...(sasl ? { sasl } : {}) };
}

/** Of `host:port`, also of `[::1]:9092`. */
export function hostOf(broker: string): string {
  return broker.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
