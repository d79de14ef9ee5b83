import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keysCommand } from '../../apps/cli/src/commands/keys.js';
import { CutProxy } from '../harness/cut-proxy.js';
import { until } from '../harness/until.js';
import { type Answer, HttpRig, parseAnswer, type Server } from './http-rig.js';

let rig: HttpRig;
let server: Server;

beforeAll(async () => {
  rig = await HttpRig.start();
  vi.stubEnv('DATABASE_URL', rig.database_url);
  vi.stubEnv('MILLRACE_HOME', '/nonexistent');
  server = await rig.serve();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rig?.stop();
});

const row = (id: string) => `{"id":"${id}","amount":1.50}`;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

interface Call {
  headers?: Record<string, string>;
  of?: Server;
  dataset?: string;
}

async function send(body: string, { headers = {}, of = server, dataset = rig.plan.name }: Call = {}): Promise<Answer> {
  const url = `${of.url}/v1/datasets/${dataset}/rows`;
  const typed = { 'content-type': 'application/x-ndjson', ...headers };
  return answerOf(await fetch(url, { method: 'POST', headers: typed, body }));
}

const get = async (path: string, { headers = {}, of = server }: Call = {}) =>
  answerOf(await fetch(of.url + path, { headers }));

async function answerOf(answer: Response): Promise<Answer> {
  const body = await answer.text();
  return { status: answer.status, headers: answer.headers, body, json: body.startsWith('{') ? JSON.parse(body) : {} };
}

/** Only the head of a request that announces a body: an answer to it comes before any of it is read. */
async function headOnly(host: string, port: number, ...headers: string[]): Promise<Answer> {
  const lines = [`POST ${rig.rows} HTTP/1.1`, 'Content-Type: application/x-ndjson', 'Content-Length: 1000', ...headers];
  const socket = connect(port, host);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  try {
    return await new Promise((resolve, reject) => {
      let text = '';
      socket.on('data', (piece) => {
        text += piece;
        if (/\r\n\r\n./s.test(text)) resolve(parseAnswer(text));
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('closed without an answer')));
    });
  } finally {
    socket.destroy();
  }
}

function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.json).toMatchObject({ type: `urn:millrace:problem:${code}`, status, code });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
  if (status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
}

/** `millrace keys ...`, as somebody types it. @returns what it prints */
async function keys(...args: string[]): Promise<string> {
  let out = '';
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += text;
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true),
  ];
  try {
    await keysCommand().parseAsync(args, { from: 'user' });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return out;
}

interface Made {
  id: string;
  key: string;
}

const create = async (name: string, ...args: string[]): Promise<Made> =>
  JSON.parse(await keys('create', '--name', name, '--json', ...args));

describe('while no key is configured', () => {
  it('clients of this machine are served without one', async () => {
    const answer = await send(row('local'));
    expect(answer.status).toBe(202);
    expect((await get(`/v1/receipts/${answer.json.receipt}`)).status).toBe(200);
  });

  it('what came through a proxy, or from a page of another origin, is refused before its body is read', async () => {
    const refused = (...headers: string[]) => headOnly('127.0.0.1', server.port, ...headers);
    expectProblem(await refused('Host: localhost', 'X-Forwarded-For: 127.0.0.1'), 401, 'KEY_MISSING');
    expectProblem(await refused('Host: localhost', 'Via: 1.1 proxy'), 401, 'KEY_MISSING');
    expectProblem(await refused('Host: localhost', 'Origin: https://evil.example'), 403, 'ORIGIN_REFUSED');
    expectProblem(await refused('Host: evil.example', 'Origin: http://evil.example'), 403, 'ORIGIN_REFUSED');
    expectProblem(await get('/v1/receipts/x', { headers: { origin: 'https://evil.example' } }), 403, 'ORIGIN_REFUSED');
    const own = await send(row('own-page'), { headers: { origin: server.url } });
    expect(own.status).toBe(202);
  });

  it('a peer that is not this machine is refused, on the same port', async () => {
    const open = await rig.serve({}, {}, { host: '0.0.0.0' });
    expect((await send(row('loopback'), { of: open })).status).toBe(202);
    const addresses = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const outer = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    if (outer) {
      expectProblem(await headOnly(outer, open.port, 'Host: localhost'), 401, 'KEY_MISSING');
    } else {
      // A machine without a network: Fastify plays the peer's address.
      const from = { url: '/v1/receipts/x', headers: { host: 'localhost' }, remoteAddress: '192.0.2.7' };
      expect((await open.app.inject(from)).json()).toMatchObject({ code: 'KEY_MISSING' });
    }
  });
});

describe('with keys', () => {
  let own: Made;
  let foreign: Made;
  let all: Made;
  let slow: Made;
  let thin: Made;

  beforeAll(async () => {
    const dataset = ['--dataset', rig.plan.name];
    own = await create('own', ...dataset, '--dataset', 'people', '--expires', '90d');
    foreign = await create('foreign', '--dataset', 'people');
    all = await create('all', '--dataset', '*');
    slow = await create('slow', ...dataset, '--rows-per-second', '1');
    thin = await create('thin', ...dataset, '--bytes-per-second', '10');
    await until(async () => (await get('/v1/receipts/x', { headers: bearer(thin.key) })).status === 404);
  });

  it('the command shows a key once, and keeps only its hash', async () => {
    const quiet = await keys('create', '--name', 'quiet', '--dataset', '*', '--quiet');
    expect(quiet).toMatch(/^mr_[0-9A-Za-z]{12}_[\w-]{43}\n$/);
    const listed = JSON.parse(await keys('list', '--json')).keys;
    expect(listed.map(({ name }: { name: string }) => name)).toEqual([
      'own',
      'foreign',
      'all',
      'slow',
      'thin',
      'quiet',
    ]);
    expect(listed[0]).toMatchObject({ id: own.id, datasets: [rig.plan.name, 'people'], state: 'valid' });
    const stored = JSON.stringify(await rig.db.query('select k::text from millrace.api_keys k'));
    for (const text of [stored, JSON.stringify(listed), await keys('list')]) {
      for (const { id, key } of [own, foreign, all]) {
        expect(text).toContain(id);
        expect(text).not.toContain(key.slice(16));
      }
    }
    expect(await keys('revoke', quiet.trim())).toContain('Revoked');
    await expect(keys('revoke', 'AAAAAAAAAAAA')).rejects.toThrow(/no key/);
  });

  it('each request for rows or receipts needs one, of this machine too; all else stays open', async () => {
    const fresh = await rig.serve();
    expectProblem(await headOnly('127.0.0.1', fresh.port, 'Host: localhost'), 401, 'KEY_MISSING');
    expectProblem(await get('/v1/receipts/x', { of: fresh }), 401, 'KEY_MISSING');
    const wrong = `${own.key.slice(0, 16)}${all.key.slice(16)}`;
    expectProblem(await send(row('wrong'), { of: fresh, headers: bearer(wrong) }), 401, 'KEY_INVALID');
    expect((await send(row('bearer'), { of: fresh, headers: bearer(own.key) })).status).toBe(202);
    expect((await send(row('header'), { of: fresh, headers: { 'x-api-key': own.key } })).status).toBe(202);
    // With a key it does not matter where from.
    const proxied = { ...bearer(own.key), 'x-forwarded-for': '192.0.2.7', origin: 'https://shop.example' };
    expect((await send(row('proxied'), { of: fresh, headers: proxied })).status).toBe(202);
    for (const path of ['/health/live', '/metrics', '/docs/json'])
      expect((await get(path, { of: fresh })).status).toBe(200);
    expect(await rig.messagesWith(row('wrong'))).toEqual([]);
  });

  it('a key opens its datasets only, and a receipt of others is as unknown as one that never was', async () => {
    expectProblem(await send(row('scope'), { headers: bearer(foreign.key) }), 403, 'KEY_SCOPE');
    expectProblem(await send(row('scope'), { headers: bearer(foreign.key), dataset: 'nothing' }), 403, 'KEY_SCOPE');
    expectProblem(await send(row('scope'), { headers: bearer(all.key), dataset: 'nothing' }), 404, 'DATASET_UNKNOWN');
    const plain = await send(row('plain'), { headers: bearer(own.key) });
    const keyed = await send(row('keyed'), { headers: { ...bearer(own.key), 'idempotency-key': 'scope' } });
    const unknown = await get(`/v1/receipts/${'A'.repeat(28)}`, { headers: bearer(foreign.key) });
    expectProblem(unknown, 404, 'RECEIPT_UNKNOWN');
    for (const { json } of [plain, keyed]) {
      const path = `/v1/receipts/${json.receipt}`;
      expect((await get(path, { headers: bearer(own.key) })).json).toMatchObject({ status: 'received' });
      expect((await get(path, { headers: bearer(all.key) })).status).toBe(200);
      const hidden = await get(path, { headers: bearer(foreign.key) });
      expect({ ...hidden.json, instance: '' }).toEqual({ ...unknown.json, instance: '' });
      expect([...hidden.headers.keys()]).toEqual([...unknown.headers.keys()]);
    }
    expect(await rig.messagesWith(row('scope'))).toEqual([]);
  });

  it('a key that has used up its rows or bytes waits, the others do not', async () => {
    const rows = Array.from({ length: 1000 }, (_, index) => row(`slow-${index}`)).join('\n');
    expect((await send(rows, { headers: bearer(slow.key) })).status).toBe(202);
    const refused = await headOnly('127.0.0.1', server.port, 'Host: localhost', `X-Api-Key: ${slow.key}`);
    expectProblem(refused, 429, 'RATE_LIMITED');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(100);
    expect((await send(row(`thin-${'x'.repeat(5000)}`), { headers: bearer(thin.key) })).status).toBe(202);
    const next = await send(row('thin-next'), { headers: bearer(thin.key) });
    expectProblem(next, 429, 'RATE_LIMITED');
    expect(next.json.detail).toContain('10 bytes a second');
    expect((await send(row('other'), { headers: bearer(own.key) })).status).toBe(202);
    expect(await rig.messagesWith(row('thin-next'))).toEqual([]);
  });

  it('who sends wrong keys again and again is told to wait; a right key passes from there', async () => {
    const fresh = await rig.serve();
    const guess = () => get('/v1/receipts/x', { of: fresh, headers: bearer('no') });
    expectProblem(await guess(), 401, 'KEY_INVALID');
    let last = await guess();
    await until(async () => {
      for (let count = 0; count < 20; count++) last = await guess();
      return last.status === 429;
    });
    expectProblem(last, 429, 'RATE_LIMITED');
    expect(last.headers.get('connection')).toBe('close');
    expect((await send(row('right'), { of: fresh, headers: bearer(own.key) })).status).toBe(202);
  });

  it('a key is exchanged without a pause: the new one beside the old one, then without it', async () => {
    const next = await create('own', '--dataset', rig.plan.name);
    const works = async ({ key }: Made, id: string) => (await send(row(id), { headers: bearer(key) })).status === 202;
    await until(() => works(next, 'next'));
    expect(await works(own, 'beside')).toBe(true);
    await keys('revoke', own.id);
    await until(async () => {
      expect(await works(next, 'next')).toBe(true);
      return !(await works(own, 'old'));
    });
    const listed = JSON.parse(await keys('list', '--json')).keys;
    expect(listed.find(({ id }: Made) => id === own.id).state).toBe('revoked');
  });

  it('its use is written down, and its end comes by itself', async () => {
    const last = async (id: string) =>
      (await rig.db.query('select last_used_at from millrace.api_keys where id = $1', [id]))[0].last_used_at;
    await until(async () => (await last(all.id)) !== null);
    expect(await last(own.id)).not.toBeNull();
    const works = async () => (await send(row('expiry'), { headers: bearer(all.key) })).status === 202;
    expect(await works()).toBe(true);
    await rig.db.query("update millrace.api_keys set expires_at = now() + interval '10 ms' where id = $1", [all.id]);
    await until(async () => !(await works()));
  });

  it('requests that were refused are counted by their status', async () => {
    const { body } = await get('/metrics');
    for (const status of [202, 401, 403, 429]) {
      expect(body).toMatch(
        new RegExp(`millrace_http_requests_total\\{dataset="${rig.plan.name}",status="${status}"\\} [1-9]`),
      );
    }
    expect(body).toMatch(/millrace_http_requests_total\{dataset="",status="403"\} [1-9]/);
    expect(body).not.toContain('nothing');
  });

  it('the known keys go on when PostgreSQL is away, for a bound; then nobody is let in until it is back', async () => {
    const { key } = await create('away', '--dataset', rig.plan.name);
    const proxy = await CutProxy.open(rig.database_url);
    try {
      const at = { database_url: proxy.url };
      const [patient, strict] = [
        await rig.serve({}, {}, at),
        await rig.serve({ MILLRACE_HTTP_KEYS_STALE_MS: '2000' }, {}, at),
      ];
      const call = (of: Server) => send(row('away'), { of, headers: bearer(key) });
      await until(async () => (await call(strict)).status === 202);
      proxy.cut();
      await until(async () => (await call(strict)).status === 503);
      expectProblem(await call(strict), 503, 'POSTGRES_UNREACHABLE');
      expectProblem(await get('/v1/receipts/x', { of: strict }), 503, 'POSTGRES_UNREACHABLE');
      expect((await call(patient)).status).toBe(202);
      expectProblem(await get('/v1/receipts/x', { of: patient }), 401, 'KEY_MISSING');
      proxy.mend();
      await until(async () => (await call(strict)).status === 202);
    } finally {
      proxy.close();
    }
  });

  it('when the last one is revoked, this machine alone is served again, and no former key', async () => {
    const listed: { id: string; state: string }[] = JSON.parse(await keys('list', '--json')).keys;
    const left = listed.filter(({ state }) => state !== 'revoked').map(({ id }) => id);
    const told = [];
    for (const id of left) told.push(await keys('revoke', id));
    expect(told.map((text) => text.includes('No key is left'))).toEqual(left.map((_, at) => at === left.length - 1));
    await until(async () => (await send(row('again'))).status === 202);
    const former = await send(row('former'), { headers: bearer(own.key) });
    expect([401, 429]).toContain(former.status);
  });
});

describe('connections', () => {
  it('have a bound: beyond it new ones are closed, and those that are there go on', async () => {
    const bounded = await rig.serve({ MILLRACE_HTTP_CONNECTIONS: '2' });
    const { headersTimeout, requestTimeout, timeout } = bounded.app.getHttpServer();
    expect([headersTimeout, requestTimeout, timeout]).toEqual([10_000, 90_000, 120_000]);
    const ask = (socket: Socket) =>
      new Promise<string>((resolve) => {
        let text = '';
        socket.on('data', (piece) => {
          text += piece;
          if (text.includes('true}')) resolve(text);
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(text));
        socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
      });
    const sockets = Array.from({ length: 2 }, () => connect(bounded.port, '127.0.0.1'));
    for (const socket of sockets) expect(await ask(socket)).toContain('200 OK');
    expect(await ask(connect(bounded.port, '127.0.0.1'))).toBe('');
    expect(await ask(sockets[0])).toContain('200 OK');
    for (const socket of sockets) socket.destroy();
    await until(async () => (await ask(connect(bounded.port, '127.0.0.1'))) !== '');
  });
});
