import {
  Controller,
  type DynamicModule,
  Get,
  Header,
  HttpCode,
  Inject,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { Logger } from './logger.js';
import { collectProcessMetrics, metrics } from './metrics.js';
import { type Readiness, ReadinessChecks } from './readiness.js';

/** Injection token of the service's logger. */
export const LOGGER = Symbol('LOGGER');

@Controller()
class TelemetryController {
  constructor(@Inject(ReadinessChecks) private readonly readiness: ReadinessChecks) {}

  @Get('metrics')
  @Header('content-type', metrics.registry.contentType)
  metrics(): Promise<string> {
    return metrics.registry.metrics();
  }

  @Get('health/live')
  @HttpCode(200)
  live(): { live: boolean } {
    return { live: true };
  }

  /** 200 when every registered check holds, else 503; either way with the checks by name. */
  @Get('health/ready')
  async ready(): Promise<Readiness> {
    const readiness = await this.readiness.read();
    if (!readiness.ready) throw new ServiceUnavailableException(readiness);
    return readiness;
  }
}

class TelemetryModule {}

/** A global module: /metrics, /health/live, /health/ready, and for injection LOGGER and ReadinessChecks. */
export function telemetryModule(logger: Logger): DynamicModule {
  collectProcessMetrics();
  return {
    module: TelemetryModule,
    global: true,
    controllers: [TelemetryController],
    providers: [ReadinessChecks, { provide: LOGGER, useValue: logger }],
    exports: [ReadinessChecks, LOGGER],
  };
}
