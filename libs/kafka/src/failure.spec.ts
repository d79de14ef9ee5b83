import { MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { isRebalance, isTopicMissing, toMillraceError } from './failure.js';

const broker = (type: string) => Object.assign(new Error(type), { type });
const wrapped = (cause: unknown) => new Error('retries exceeded', { cause });

describe('failures of the client', () => {
  it('are seen through the wrapping of its retries', () => {
    expect(isRebalance(wrapped(wrapped(broker('ILLEGAL_GENERATION'))))).toBe(true);
    expect(isTopicMissing(wrapped(broker('UNKNOWN_TOPIC_OR_PARTITION')))).toBe(true);
    expect(isRebalance(wrapped(broker('NOT_LEADER_FOR_PARTITION')))).toBe(false);
  });

  it('become errors of ours, once', () => {
    const unreachable = toMillraceError(wrapped(new Error('ECONNREFUSED')), 'publishing');
    expect(unreachable).toMatchObject({ code: 'KAFKA_UNREACHABLE', retriable: true });
    expect(toMillraceError(unreachable, 'again')).toBe(unreachable);
    expect(toMillraceError(wrapped(broker('MESSAGE_TOO_LARGE')), 'publishing').code).toBe('MESSAGE_TOO_LARGE');
  });

  it('are refusals, which no waiting mends, when they are about the user, a certificate or rights', () => {
    const sasl = (message: string) => Object.assign(new Error(message), { name: 'KafkaJSSASLAuthenticationError' });
    const socket = (code: string) => Object.assign(new Error('handshake'), { code, broker: 'a:1' });
    const refused = [
      [sasl('SASL SCRAM SHA512 authentication failed: invalid credentials'), /Kafka at b:2,c:3 .*KAFKA_SASL_PASSWORD/],
      [broker('UNSUPPORTED_SASL_MECHANISM'), /KAFKA_SASL_MECHANISM/],
      [broker('ILLEGAL_SASL_STATE'), /set KAFKA_SECURITY_PROTOCOL/],
      [socket('CERT_HAS_EXPIRED'), /Kafka at a:1 .*expired; renew it/],
      [socket('SELF_SIGNED_CERT_IN_CHAIN'), /KAFKA_SSL_CA_FILE/],
      [socket('ERR_TLS_CERT_ALTNAME_INVALID'), /for another name/],
      [socket('ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE'), /KAFKA_SSL_CERTIFICATE_FILE/],
      [broker('TOPIC_AUTHORIZATION_FAILED'), /^publishing: .*no right.*docs\/security.md/],
    ] as const;
    for (const [error, text] of refused) {
      const refusal = toMillraceError(wrapped(error), 'publishing', ['b:2', 'c:3']);
      expect(refusal).toMatchObject({ code: 'KAFKA_REFUSED', retriable: false, message: expect.stringMatching(text) });
    }
  });

  it('pass when the connection was lost in the midst of authenticating', () => {
    const lost = Object.assign(new Error('SASL SCRAM SHA512 authentication failed: Closed connection'), {
      name: 'KafkaJSSASLAuthenticationError',
    });
    expect(toMillraceError(lost, 'publishing').code).toBe('KAFKA_UNREACHABLE');
    const reset = Object.assign(new Error('Client network socket disconnected'), { code: 'ECONNRESET' });
    expect(toMillraceError(reset, 'publishing').code).toBe('KAFKA_UNREACHABLE');
  });

  it('of several topics say what was wrong with each', () => {
    const each = ['Replication-factor is invalid', 'Replication-factor is invalid'].map((text) => new Error(text));
    const error = Object.assign(new Error('Topic creation errors'), { errors: each });
    expect(toMillraceError(error, 'making topics').message).toBe(
      'making topics: Topic creation errors: Replication-factor is invalid',
    );
  });

  it('end even when causes go in circles', () => {
    const error = new Error('a') as Error & { cause: unknown };
    error.cause = error;
    expect(toMillraceError(error, 'x')).toBeInstanceOf(MillraceError);
  });
});
