import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { adminSecurity, hostOf, kafkajsSecurity, readKafkaSecurity } from './security.js';

const directory = mkdtempSync(join(tmpdir(), 'millrace-security-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const fileOf = (name: string, content: string) => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};
const user = {
  KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
  KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
  KAFKA_SASL_USERNAME: 'millrace',
};

describe('the security settings', () => {
  it('are plaintext unless said otherwise', () => {
    const security = readKafkaSecurity({});
    expect(security).toEqual({ protocol: 'PLAINTEXT' });
    expect(kafkajsSecurity(security)).toEqual({});
    expect(adminSecurity(security, ['a:1'])).toEqual({});
  });

  it('give both clients the user as each wants it, the password from its file', () => {
    const security = readKafkaSecurity({ ...user, KAFKA_SASL_PASSWORD_FILE: fileOf('password', 'geheim\n') });
    const sasl = { username: 'millrace', password: 'geheim' };
    expect(kafkajsSecurity(security)).toEqual({ sasl: { ...sasl, mechanism: 'scram-sha-512' } });
    expect(adminSecurity(security, ['a:1'])).toEqual({ sasl: { ...sasl, mechanism: 'SCRAM-SHA-512' } });
  });

  it('give TLS the name of the server, but never an address in the place of one', () => {
    const security = readKafkaSecurity({ KAFKA_SECURITY_PROTOCOL: 'SSL' });
    expect(kafkajsSecurity(security)).toEqual({ ssl: {} });
    expect(adminSecurity(security, ['broker.example:9092'])).toMatchObject({ tlsServerName: true });
    expect(adminSecurity(security, ['127.0.0.1:9092', '[::1]:9092'])).toMatchObject({ tlsServerName: false });
    expect(['a.b:1', '1.2.3.4:5', '[::1]:9092'].map(hostOf)).toEqual(['a.b', '1.2.3.4', '::1']);
  });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['a user without password', user, /^KAFKA_SASL_PASSWORD is not set, and SASL_PLAINTEXT needs it$/],
    [
      'SASL without anything',
      { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' },
      /MECHANISM is not.*USERNAME is not.*PASSWORD is not/,
    ],
    ['no such protocol', { KAFKA_SECURITY_PROTOCOL: 'TLS' }, /must be one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL/],
    [
      'a password that nobody would use',
      { KAFKA_SASL_PASSWORD: 'geheim' },
      /PROTOCOL is PLAINTEXT: set that to SASL_SSL/,
    ],
    ['an authority that nobody would ask', { KAFKA_SSL_CA_FILE: '/x' }, /PROTOCOL is PLAINTEXT: set that to SSL$/],
    [
      'a certificate without key',
      { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CERTIFICATE_FILE: '/x' },
      /KEY_FILE is not set/,
    ],
    [
      'a file that is not there',
      { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA_FILE: '/none' },
      /CA_FILE names \/none.*ENOENT/,
    ],
  ])('refuse %s', (_name, environment, text) => {
    let message = '';
    try {
      readKafkaSecurity(environment);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENVIRONMENT_INVALID' });
      message = (error as Error).message;
    }
    expect(message).toMatch(text);
    expect(message).not.toContain('geheim');
  });

  it('refuse what is no certificate, before any connection is made', () => {
    const path = fileOf('no.pem', 'nothing');
    const environment = {
      KAFKA_SECURITY_PROTOCOL: 'SSL',
      KAFKA_SSL_CERTIFICATE_FILE: path,
      KAFKA_SSL_KEY_FILE: path,
    };
    expect(() => readKafkaSecurity(environment)).toThrow(/KAFKA_SSL_\*: no PEM of a certificate and its key/);
  });
});
