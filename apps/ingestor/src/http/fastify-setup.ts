import type { Server } from 'node:http';
import { fastifySwagger } from '@fastify/swagger';
import { fastifySwaggerUi } from '@fastify/swagger-ui';
import { metrics } from '@millrace/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ROWS_ROUTE } from './routes.js';

/** How long a client that was answered before its body was read may go on sending. */
const LINGER_MS = 2000;
/**
 * Against clients that are slow, or silent: until the head is there, until the request is (rows have a tighter bound of their
 * own), and until anything moves at all. Node looks at the first two every 30 s.
 */
const HEAD_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 90_000;
const SILENT_MS = 120_000;

/**
 * What the HTTP ingest needs of Fastify itself, before it is ready: bodies stay unread until a route reads them (so that
 * limits and backpressure come first), connections have bounds, requests are counted, and /docs is served.
 */
export async function setUpFastify(
  instance: FastifyInstance,
  datasets: ReadonlyMap<string, unknown>,
  document: object,
  connections: number,
): Promise<void> {
  boundConnections(instance.server, connections);
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request, _body, done) => done(null));
  instance.addHook('onResponse', async (request, reply) => {
    count(request, reply, datasets);
    linger(request);
  });
  await instance.register(fastifySwagger, { mode: 'static', specification: { document: document as never } });
  await instance.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true });
}

function boundConnections(server: Server, connections: number): void {
  server.maxConnections = connections;
  server.headersTimeout = HEAD_WITHIN_MS;
  server.requestTimeout = REQUEST_WITHIN_MS;
  server.setTimeout(SILENT_MS);
}

/** Of names that clients made up none becomes a label. */
function count(request: FastifyRequest, reply: FastifyReply, datasets: ReadonlyMap<string, unknown>): void {
  if (request.routeOptions.url !== `/${ROWS_ROUTE}`) return;
  const { dataset } = request.params as { dataset: string };
  metrics.requests.inc({ dataset: datasets.has(dataset) ? dataset : '', status: String(reply.statusCode) });
}

/**
 * A client that still sends must get to read the answer: closing a socket with unread bytes would destroy it. What comes is
 * thrown away for a while, then the connection ends.
 */
function linger({ raw }: FastifyRequest): void {
  if (raw.complete || raw.destroyed) return;
  const timer = setTimeout(() => raw.socket.destroy(), LINGER_MS);
  timer.unref();
  raw.once('end', () => clearTimeout(timer));
  raw.resume();
}
