import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { setUpFastify } from './fastify-setup.js';
import { IngestHttp } from './ingest-http.js';
import { describeApi } from './openapi/describe-api.js';
import { ProblemFilter } from './problem.filter.js';
import { ReceiptsController } from './receipts.controller.js';
import { RowsController } from './rows.controller.js';

/**
 * `POST /v1/datasets/:dataset/rows`, `GET /v1/receipts/:id` and /docs, on the service's own HTTP server. Needs ENVIRONMENT,
 * PLANS, KAFKA and LOGGER; answers 503 from `IngestHttp.stop()` on and before `IngestHttp.start()`.
 */
@Module({
  controllers: [RowsController, ReceiptsController],
  providers: [IngestHttp, { provide: APP_FILTER, useClass: ProblemFilter }],
  exports: [IngestHttp],
})
export class IngestHttpModule implements OnApplicationBootstrap {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost<FastifyAdapter>,
    @Inject(IngestHttp) private readonly http: IngestHttp,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { datasets, settings } = this.http;
    const document = describeApi([...datasets.values()], settings);
    await setUpFastify(this.host.httpAdapter.getInstance(), datasets, document, settings.connections);
  }
}
