import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptRows } from './accept-rows.js';
import { requireScope } from './access/access.js';
import { IngestHttp } from './ingest-http.js';
import { discardBody } from './read-body.js';
import { ROWS_ROUTE } from './routes.js';

/** For the body of a request that comes while the server stops. */
const DISCARD_MS = 1000;

@Controller()
export class RowsController {
  constructor(@Inject(IngestHttp) private readonly http: IngestHttp) {}

  /** 202 once Kafka has the rows. */
  @Post(ROWS_ROUTE)
  @HttpCode(202)
  async post(
    @Param('dataset') dataset: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    if (!this.http.isAccepting) await discardBody(request.raw, DISCARD_MS);
    const { receipt, rows, isReplay } = await this.http.run(request.raw, (parts, caller) => {
      requireScope(caller, dataset);
      return acceptRows(parts, this.http.plan(dataset), request.raw, caller.quota);
    });
    if (isReplay) void reply.header('idempotency-replayed', 'true');
    void reply.header('location', `/v1/receipts/${receipt}`);
    return { receipt, dataset, rows, status: 'received' };
  }
}
