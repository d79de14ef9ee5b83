import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { connectionsOf, describeTarget } from './connection.js';

const URL_ = 'postgres://u:p@db.example:5433/d';
const directory = mkdtempSync(join(tmpdir(), 'millrace-connection-'));
const ca = join(directory, 'ca.pem');
const [authority] = getCACertificates('bundled');
writeFileSync(ca, authority);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** One way after the other: `plain`, `any` (nothing verified), `chain`, `full`. */
function waysOf(url: string, environment: NodeJS.ProcessEnv = {}): string[] {
  return connectionsOf(url, environment).map(({ ssl }) => {
    if (!ssl) return 'plain';
    if (!ssl.rejectUnauthorized) return 'any';
    return ssl.checkServerIdentity ? 'chain' : 'full';
  });
}

describe('sslmode', () => {
  it.each([
    ['', ['any', 'plain']],
    ['?sslmode=disable', ['plain']],
    ['?sslmode=allow', ['plain', 'any']],
    ['?sslmode=prefer', ['any', 'plain']],
    ['?sslmode=require', ['any']],
    ['?ssl=true', ['any']],
    [`?sslmode=require&sslrootcert=${ca}`, ['chain']],
    [`?sslmode=verify-ca&sslrootcert=${ca}`, ['chain']],
    [`?sslmode=verify-full&sslrootcert=${ca}`, ['full']],
    ['?sslmode=verify-full', ['full']],
    ['?sslrootcert=system', ['full']],
  ])('of "%s" is that of libpq', (parameters, ways) => {
    expect(waysOf(`${URL_}${parameters}`)).toEqual(ways);
  });

  it('comes from PGSSLMODE and PGSSLROOTCERT where the URL says nothing', () => {
    const environment = { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: ca };
    expect(waysOf(URL_, environment)).toEqual(['chain']);
    expect(waysOf(`${URL_}?sslmode=disable`, environment)).toEqual(['plain']);
    expect(connectionsOf(URL_, environment)[0].ssl).toMatchObject({ ca: authority });
  });

  it('means nothing to a socket in the file system', () => {
    expect(waysOf('postgres:///d?host=/run/postgresql&sslmode=require')).toEqual(['plain']);
    expect(waysOf('postgres:///d', { PGHOST: '/run/postgresql', PGSSLMODE: 'require' })).toEqual(['plain']);
  });

  it.each([
    ['?sslmode=yes', /sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full/],
    ['?sslmode=verify-ca', /verify-ca needs sslrootcert/],
    ['?sslmode=require&sslrootcert=system', /needs sslmode=verify-full/],
    ['?sslrootcert=/none', /sslrootcert names \/none, which cannot be read \(ENOENT\)/],
    ['?sslcert=/none', /sslcert and sslkey are only of use together/],
  ])('of "%s" is refused with the reason', (parameters, reason) => {
    expect(() => connectionsOf(`${URL_}${parameters}`, {})).toThrow(reason);
  });

  it('does not reach the client, which takes it another way', () => {
    const [{ connectionString }] = connectionsOf(
      `${URL_}?sslmode=require&application_name=a%20b&uselibpqcompat=true`,
      {},
    );
    expect(connectionString).toBe(`${URL_}?application_name=a+b`);
  });
});

describe('the password', () => {
  const passwordOf = (url: string, environment: NodeJS.ProcessEnv) =>
    new URL(connectionsOf(url, environment)[0].connectionString).searchParams.get('password');

  it('comes from PGPASSWORD or its file where the URL has none, whatever its characters', () => {
    const file = join(directory, 'password');
    writeFileSync(file, 'a/%41&+"b" c\n');
    expect(passwordOf('postgres://u@h/d', { PGPASSWORD: 'a/%41@?' })).toBe('a/%41@?');
    expect(passwordOf('postgres://u@h/d', { PGPASSWORD_FILE: file })).toBe('a/%41&+"b" c');
    expect(passwordOf('postgres:///d?host=/run/pg', { PGPASSWORD_FILE: file })).toBe('a/%41&+"b" c');
  });

  it('of the URL comes first', () => {
    expect(passwordOf('postgres://u:own@h/d', { PGPASSWORD: 'other' })).toBeNull();
    expect(passwordOf('postgres://u@h/d?password=own', { PGPASSWORD: 'other' })).toBe('own');
  });

  it('is not in what people are told', () => {
    expect(connectionsOf(`${URL_}?password=geheim`, {}).map(describeTarget)).toEqual(
      Array(2).fill('db.example:5433/d'),
    );
  });
});
