import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { IngestHttp } from './ingest-http.js';
import { type ReceiptView, readReceipt } from './read-receipt.js';
import { RECEIPTS_ROUTE } from './routes.js';

@Controller()
export class ReceiptsController {
  constructor(@Inject(IngestHttp) private readonly http: IngestHttp) {}

  @Get(RECEIPTS_ROUTE)
  @Header('cache-control', 'no-store')
  get(@Param('id') id: string): Promise<ReceiptView> {
    return this.http.run(({ db }) => readReceipt(db, id));
  }
}
