import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { LiveSales, readCsv } from '@millrace/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { HTTP_FORMATS, HttpSender, retryAfterMs } from './http-sender.js';
import { Patience } from './repeat.js';

interface Received {
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

type Reply = (response: ServerResponse, socket: Socket) => void;
const ACCEPTED: Reply = (response) => response.writeHead(202).end('{}');

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

/** A real HTTP server that answers by the replies in turn, the last one for ever. */
async function serve(...replies: Reply[]): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const piece of request) body.push(piece);
    received.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(body) });
    replies[Math.min(received.length, replies.length) - 1](response, request.socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

function senderTo(
  urls: string[],
  formats = HTTP_FORMATS.slice(),
  patience_ms = 60_000,
  apiKey?: () => string | undefined,
): HttpSender {
  const sales = new LiveSales({ seed: 5, dup: 0.1, bad: 0 });
  const patience = new Patience(patience_ms);
  return new HttpSender({ dataset: 'sales', sales, formats, urls: () => urls, apiKey, patience });
}

describe('HttpSender', () => {
  it('posts rows in each format, each request with a key of its own', async () => {
    const { url, received } = await serve(ACCEPTED);
    const sender = senderTo([url]);
    for (let request = 0; request < 3; request++) await sender.send(10);
    expect(received.map((one) => [one.url, one.headers['content-type']])).toEqual([
      ['/v1/datasets/sales/rows', 'application/json'],
      ['/v1/datasets/sales/rows', 'text/csv'],
      ['/v1/datasets/sales/rows', 'application/x-ndjson'],
    ]);
    expect(JSON.parse(received[0].body.toString())).toHaveLength(10);
    expect(readCsv(received[1].body).records).toHaveLength(10);
    expect(received[2].body.toString().trimEnd().split('\n')).toHaveLength(10);
    expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(3);
    expect(sender.counts).toEqual({ requests: 3, repeats: 0, refusals: 0 });
  });

  it('repeats a request whose connection broke, the same bytes with the same key, until it has its 202', async () => {
    const broken: Reply = (_response, socket) => socket.destroy();
    const failed: Reply = (response) => response.writeHead(500).end();
    const { url, received } = await serve(broken, failed, broken, ACCEPTED);
    const sender = senderTo([url]);
    await sender.send(5);
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(received.map(({ body }) => body.toString('latin1'))).size).toBe(1);
    expect(sender.counts).toEqual({ requests: 1, repeats: 3, refusals: 0 });
  });

  it('comes later when it is asked to', async () => {
    const later =
      (status: number): Reply =>
      (response) =>
        response.writeHead(status, { 'retry-after': '0' }).end();
    const { url, received } = await serve(later(429), later(503), ACCEPTED);
    const sender = senderTo([url]);
    await sender.send(5);
    expect(received).toHaveLength(3);
    expect(sender.counts).toEqual({ requests: 1, repeats: 0, refusals: 2 });
  });

  it('goes to another ingestor when one is away', async () => {
    const { url, received } = await serve(ACCEPTED);
    const sender = senderTo(['http://127.0.0.1:1', url]);
    await sender.send(5);
    expect(received).toHaveLength(1);
    expect(sender.counts).toEqual({ requests: 1, repeats: 1, refusals: 0 });
  });

  it('fails on what no repetition mends, and says what the ingestor said', async () => {
    const { url } = await serve((response) => response.writeHead(400).end('{"code":"REQUEST_INVALID"}'));
    await expect(senderTo([url]).send(5)).rejects.toThrow(/400.*REQUEST_INVALID/);
  });

  it('sends the key of the moment, and says what to do when it is refused', async () => {
    const { url, received } = await serve(ACCEPTED, ACCEPTED, (response) => response.writeHead(401).end('{}'));
    const keys = ['mr_first', 'mr_second'];
    const sender = senderTo([url], ['csv'], 60_000, () => keys.shift());
    await sender.send(1);
    await sender.send(1);
    expect(received.map(({ headers }) => headers.authorization)).toEqual(['Bearer mr_first', 'Bearer mr_second']);
    const refused = expect.objectContaining({ advice: expect.stringContaining('MILLRACE_API_KEY') });
    await expect(sender.send(1)).rejects.toThrow(refused);
    expect(received[2].headers.authorization).toBeUndefined();
  });

  it('gives up when nothing gets through for too long', async () => {
    await expect(senderTo(['http://127.0.0.1:1'], ['csv'], 100).send(5)).rejects.toThrow(/nothing got through/);
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs(new Headers({ 'retry-after': '3' }), now)).toBe(3000);
    expect(retryAfterMs(new Headers({ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }), now)).toBe(5000);
    expect(retryAfterMs(new Headers(), now)).toBe(1000);
  });
});
