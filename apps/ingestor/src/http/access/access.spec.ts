import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { mintApiKey } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { HttpProblem } from '../problem.js';
import { Access, type Caller, requireScope } from './access.js';
import { FailedAttempts } from './failed-attempts.js';
import type { KnownKey } from './key-ring.js';
import { Quota } from './quota.js';

const LOCAL = '127.0.0.1';
const REMOTE = '192.0.2.7';
const rates = { rows_per_second: null, bytes_per_second: null };

function minted(more: Partial<KnownKey> = {}) {
  const { id, key, hash } = mintApiKey();
  const state = { expires_at: null, used: false, told_at: 0, quota: new Quota(rates) };
  const known: KnownKey = { id, hash, datasets: ['sales'], ...rates, ...state, ...more };
  return { key, known };
}

function gate(...keys: KnownKey[]) {
  const logged: object[] = [];
  const ring = {
    keys: new Map(keys.map((key) => [key.id, key])),
    isExpired: ({ expires_at }: KnownKey) => expires_at !== null && expires_at <= 0,
  };
  const access = new Access(ring, new FailedAttempts(() => 0), {
    warn: (entry: object) => logged.push(entry),
  } as never);
  const admit = (headers: IncomingHttpHeaders, remoteAddress = REMOTE) =>
    access.admit({ headers: { host: 'localhost', ...headers }, socket: { remoteAddress } as Socket });
  const refuse = (headers: IncomingHttpHeaders, address?: string): HttpProblem => {
    try {
      admit(headers, address);
    } catch (error) {
      if (error instanceof HttpProblem) return error;
      throw error;
    }
    throw new Error('it was let in');
  };
  return { access, admit, refuse, logged };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe('with no key configured', () => {
  it('clients of this machine are let in, for every dataset', () => {
    const caller = gate().admit({}, LOCAL);
    expect(caller.covers('any')).toBe(true);
    expect(gate().admit({}, '::ffff:127.0.0.1').covers('any')).toBe(true);
  });

  it('others are not, nor what came through a proxy, nor what a foreign page sent', () => {
    const { refuse } = gate();
    expect(refuse({}, REMOTE)).toMatchObject({ code: 'KEY_MISSING', message: expect.stringContaining('keys create') });
    for (const headers of [{ forwarded: 'for=x' }, { 'x-forwarded-for': LOCAL }, { via: '1.1 x' }]) {
      expect(refuse(headers, LOCAL).code).toBe('KEY_MISSING');
    }
    expect(refuse({ origin: 'https://evil.example' }, LOCAL).code).toBe('ORIGIN_REFUSED');
    expect(refuse({ host: 'evil.example' }, LOCAL).code).toBe('ORIGIN_REFUSED');
  });

  it('a key that is sent all the same is not valid, so that the last one is out once it is revoked', () => {
    expect(gate().refuse(bearer(minted().key), LOCAL).code).toBe('KEY_INVALID');
  });

  it('the address is that of the socket, and one without is none of this machine', async () => {
    const server = createServer();
    const accepted = new Promise<Socket>((resolve) => server.on('connection', resolve));
    await new Promise<void>((resolve) => server.listen(0, LOCAL, resolve));
    const client = connect((server.address() as AddressInfo).port, LOCAL);
    const socket = await accepted;
    const { access } = gate();
    const headers = { host: 'localhost' };
    expect(access.admit({ headers, socket }).covers('any')).toBe(true);
    expect(() => access.admit({ headers, socket: new Socket() })).toThrow(HttpProblem);
    client.destroy();
    server.close();
  });
});

describe('as soon as there is a key', () => {
  it('this machine needs one too', () => {
    const { refuse } = gate(minted().known);
    expect(refuse({}, LOCAL)).toMatchObject({
      code: 'KEY_MISSING',
      headers: { 'www-authenticate': expect.any(String) },
    });
    expect(refuse({ authorization: 'Basic bXI6bXI=' }, LOCAL).code).toBe('KEY_MISSING');
  });

  it('it is taken from either header, from any address, and its use is noted', () => {
    const { key, known } = minted();
    const { admit } = gate(known, minted().known);
    expect(known.used).toBe(false);
    const caller = admit(bearer(key));
    expect(known.used).toBe(true);
    expect([caller.covers('sales'), caller.covers('people')]).toEqual([true, false]);
    expect(caller.quota).toBe(known.quota);
    for (const headers of [{ 'x-api-key': key }, { authorization: `bearer  ${key}` }]) {
      expect(admit(headers).covers('sales')).toBe(true);
    }
    // Authorization may be for a proxy.
    expect(admit({ authorization: 'Bearer ey.jwt', 'x-api-key': key }).covers('sales')).toBe(true);
  });

  it('all other keys are refused alike: unknown ones, wrong ones, expired ones', () => {
    const { key, known } = minted();
    const other = minted();
    const expired = minted({ expires_at: 0 });
    const { refuse } = gate(known, expired.known);
    const mixed = `${key.slice(0, 16)}${other.key.slice(16)}`;
    const wrong = [other.key, mixed, expired.key, `${key}x`, key.toLowerCase(), 'x', `${key}, ${key}`];
    for (const text of wrong) {
      const problem = refuse({ 'x-api-key': text });
      expect(problem).toMatchObject({ code: 'KEY_INVALID', message: 'The API key is unknown, revoked or expired.' });
      expect(problem.headers['www-authenticate']).toContain('invalid_token');
    }
    expect(known.used).toBe(false);
  });

  it('an expired one still means that keys are needed', () => {
    expect(gate(minted({ expires_at: 0 }).known).refuse({}, LOCAL).code).toBe('KEY_MISSING');
  });

  it('who fails too often is told when to come again, and who has the key gets in from there all the same', () => {
    const { key, known } = minted();
    const { admit, refuse } = gate(known);
    const codes = Array.from({ length: 30 }, () => refuse(bearer('guess')).code);
    expect(new Set(codes.slice(0, 20))).toEqual(new Set(['KEY_INVALID']));
    expect(new Set(codes.slice(20))).toEqual(new Set(['RATE_LIMITED']));
    const { headers } = refuse({});
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(headers.connection).toBe('close');
    expect(admit(bearer(key)).covers('sales')).toBe(true);
    expect(refuse({}, '192.0.2.8').code).toBe('KEY_MISSING');
  });

  it('the log gets the id of what was refused, never the secret, and not more than it can bear', () => {
    const { refuse, logged } = gate(minted().known);
    const { key, known } = minted();
    for (let count = 0; count < 1000; count++) refuse(bearer(key));
    expect(logged[0]).toEqual({ code: 'KEY_INVALID', address: REMOTE, key_id: known.id });
    expect(JSON.stringify(logged)).not.toContain(key.slice(16));
    expect(logged.length).toBeLessThan(100);
  });
});

describe('the scope of a key', () => {
  it('refuses other datasets, whether there are such or not', () => {
    const caller: Caller = { covers: (dataset) => dataset === 'sales', quota: new Quota(rates) };
    expect(requireScope(caller, 'sales')).toBeUndefined();
    for (const dataset of ['people', 'nothing', '*', '']) {
      expect(() => requireScope(caller, dataset)).toThrow(expect.objectContaining({ code: 'KEY_SCOPE' }));
    }
  });
});
