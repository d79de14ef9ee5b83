import { Controller, Get, Header, Inject, Param, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { IngestHttp } from './ingest-http.js';
import { type ReceiptView, readReceipt } from './read-receipt.js';
import { RECEIPTS_ROUTE } from './routes.js';

@Controller()
export class ReceiptsController {
  constructor(@Inject(IngestHttp) private readonly http: IngestHttp) {}

  @Get(RECEIPTS_ROUTE)
  @Header('cache-control', 'no-store')
  get(@Param('id') id: string, @Req() { raw }: FastifyRequest): Promise<ReceiptView> {
    return this.http.run(raw, ({ db }, caller) => readReceipt(db, id, (dataset) => caller.covers(dataset)));
  }
}
