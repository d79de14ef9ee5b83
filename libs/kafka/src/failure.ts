import { MillraceError } from '@millrace/contracts';
import { type TlsRefusal, tlsRefusal } from '@millrace/telemetry/tls';

interface KafkaFailure extends Error {
  type?: string;
  code?: string;
  broker?: string;
  errors?: unknown[];
  cause?: unknown;
}

/** An error and all that it was caused by, which may lead round in a circle. */
function causesOf(error: unknown): Set<KafkaFailure> {
  const causes = new Set<KafkaFailure>();
  const visit = (item: unknown): void => {
    if (!(item instanceof Error) || causes.has(item)) return;
    causes.add(item);
    visit(item.cause);
    for (const inner of (item as KafkaFailure).errors ?? []) visit(inner);
  };
  visit(error);
  return causes;
}

/** Broker error types (`UNKNOWN_MEMBER_ID`) and socket codes along an error's chain of causes. */
export function failureTypes(error: unknown): string[] {
  const types = [...causesOf(error)].flatMap(({ type, code }) => [type, code]);
  return types.filter((type) => typeof type === 'string');
}

/** The group moved on without this member: not a fault, the consumer joins again by itself. */
const REBALANCED = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'];

export function isRebalance(error: unknown): boolean {
  return failureTypes(error).some((type) => REBALANCED.includes(type));
}

/** A topic of ours was deleted; the client does not work until it is there again (`ensureTopics`). */
export function isTopicMissing(error: unknown): boolean {
  return failureTypes(error).includes('UNKNOWN_TOPIC_OR_PARTITION');
}

/** A broker that has just started, or handed something over, and will know in a moment. */
const SOON_OVER = [
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NOT_CONTROLLER',
];

export function isSoonOver(error: unknown): boolean {
  return failureTypes(error).some((type) => SOON_OVER.includes(type));
}

/** kafkajs says that authenticating failed also when only the connection was lost in the midst of it. */
const LOST = /connection|timed? ?out|ECONN|EPIPE/i;
const UNAUTHENTICATED_TYPES = ['SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM'];
const CERTIFICATE_ADVICE: Record<TlsRefusal['kind'], string> = {
  authority: "name the authority's certificate in KAFKA_SSL_CA_FILE",
  identity: 'use a name of the certificate in KAFKA_BROKERS and in the advertised.listeners of the broker',
  validity: 'renew it on the broker',
  client: 'set KAFKA_SSL_CERTIFICATE_FILE and KAFKA_SSL_KEY_FILE',
  no_tls: 'set KAFKA_SECURITY_PROTOCOL to PLAINTEXT or SASL_PLAINTEXT, or use the port for TLS',
};

/**
 * Why the brokers will not serve us, and what to do; undefined for all that may pass by itself.
 * @param brokers where the client does not say which of them it was
 */
function refusalOf(error: unknown, doing: string, brokers: readonly string[]): string | undefined {
  for (const cause of causesOf(error)) {
    const { name, code, type = '', message } = cause;
    const broker = cause.broker ?? brokers.join(',');
    const kafka = broker ? `Kafka at ${broker}` : 'Kafka';
    const tls = typeof code === 'string' ? tlsRefusal(code, message) : undefined;
    if (tls) return `${kafka} cannot be used: ${tls.reason}; ${CERTIFICATE_ADVICE[tls.kind]}`;
    const isAuthentication = /SASLAuthentication|AuthenticationError/.test(name) && !LOST.test(message);
    if (isAuthentication || UNAUTHENTICATED_TYPES.includes(type)) {
      return `${kafka} does not take our user (${message}): check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM`;
    }
    if (type === 'ILLEGAL_SASL_STATE') {
      return `${kafka} takes no SASL (${message}): set KAFKA_SECURITY_PROTOCOL to PLAINTEXT or SSL, or use the port for SASL`;
    }
    if (type.endsWith('_AUTHORIZATION_FAILED')) {
      return `${doing}: ${kafka} gives our user no right to that (${type}): the rights that Millrace needs are in docs/security.md`;
    }
  }
  return undefined;
}

/**
 * Every failure of the client as one of ours: KAFKA_UNREACHABLE, which may pass; KAFKA_REFUSED, which somebody has to mend;
 * MESSAGE_TOO_LARGE when the broker says so.
 */
export function toMillraceError(error: unknown, doing: string, brokers: readonly string[] = []): MillraceError {
  // Also one that the client only hands on, e.g. a codec's.
  const own = [...causesOf(error)].find((cause) => cause instanceof MillraceError);
  if (own) return own;
  const types = failureTypes(error);
  const reason = reasonOf(error);
  if (types.includes('MESSAGE_TOO_LARGE') || types.includes('RECORD_LIST_TOO_LARGE')) {
    return new MillraceError('MESSAGE_TOO_LARGE', `${doing}: ${reason}`, { cause: error });
  }
  const refusal = refusalOf(error, doing, brokers);
  if (refusal) return new MillraceError('KAFKA_REFUSED', refusal, { cause: error });
  return new MillraceError('KAFKA_UNREACHABLE', `${doing}: ${reason}`, { cause: error });
}

/** Of several that failed together, e.g. topics, each one's own reason too. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const each = ((error as KafkaFailure).errors ?? []).map((one) => (one instanceof Error ? one.message : String(one)));
  return [error.message, ...new Set(each)].join(': ');
}
