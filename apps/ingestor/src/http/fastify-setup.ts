import { fastifySwagger } from '@fastify/swagger';
import { fastifySwaggerUi } from '@fastify/swagger-ui';
import { metrics } from '@millrace/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ROWS_ROUTE } from './routes.js';

/** How long a client that was answered before its body was read may go on sending. */
const LINGER_MS = 2000;

/**
 * What the HTTP ingest needs of Fastify itself, before it is ready: bodies stay unread until a route reads them (so that
 * limits and backpressure come first), requests are counted, and /docs is served.
 */
export async function setUpFastify(
  instance: FastifyInstance,
  datasets: ReadonlyMap<string, unknown>,
  document: object,
): Promise<void> {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request, _body, done) => done(null));
  instance.addHook('onResponse', async (request, reply) => {
    count(request, reply, datasets);
    linger(request);
  });
  await instance.register(fastifySwagger, { mode: 'static', specification: { document: document as never } });
  await instance.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true });
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
