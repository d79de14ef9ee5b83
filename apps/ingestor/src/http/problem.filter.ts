import { randomUUID } from 'node:crypto';
import { LOGGER, type Logger } from '@millrace/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpProblem, PROBLEMS, problemDetails, toProblem } from './problem.js';
import { allowedMethods, isIngestPath } from './routes.js';

/** Answers every error below /v1 as problem details; other paths (health, metrics) keep Nest's own answers. */
@Catch()
export class ProblemFilter extends BaseExceptionFilter implements ExceptionFilter {
  constructor(
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    super(host.httpAdapter);
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    if (!isIngestPath(request.url)) {
      super.catch(error, host);
      return;
    }
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = named(toProblem(error), request);
    const instance = `urn:uuid:${randomUUID()}`;
    if (PROBLEMS[problem.code].status >= 500) this.write(problem, request, instance);
    if (reply.sent || reply.raw.destroyed) return;
    void reply
      .code(PROBLEMS[problem.code].status)
      .headers(problem.headers)
      .header('content-type', 'application/problem+json')
      .header('cache-control', 'no-store')
      // As bytes: to text Fastify adds a charset, which JSON has none of.
      .send(Buffer.from(JSON.stringify(problemDetails(problem, instance))));
  }

  private write(problem: HttpProblem, { method, url }: FastifyRequest, instance: string): void {
    const level = problem.code === 'INTERNAL' ? 'error' : 'warn';
    this.log[level]({ instance, method, url, code: problem.code, err: problem.cause ?? problem }, 'request failed');
  }
}

/** Fastify knows a path only together with its method: a known path with another one is a 405. */
function named(problem: HttpProblem, { method, url }: FastifyRequest): HttpProblem {
  if (problem.code !== 'ROUTE_UNKNOWN') return problem;
  const allowed = allowedMethods(url);
  if (allowed === null) return new HttpProblem('ROUTE_UNKNOWN', 'GET /docs tells which addresses there are.');
  const allow = allowed.join(', ');
  return new HttpProblem('METHOD_NOT_ALLOWED', `${method} is not taken here, but ${allow}.`, { headers: { allow } });
}
