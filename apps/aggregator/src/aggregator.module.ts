import { ENVIRONMENT, PLANS, type Plans, type ServiceEnvironment } from '@millrace/stage';
import { LOGGER, type Logger, ReadinessChecks } from '@millrace/telemetry';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AggregatorFlow } from './aggregator.flow.js';
import { applierEvents } from './log-events.js';
import { Sink } from './sink.js';

@Module({
  providers: [
    AggregatorFlow,
    {
      provide: Sink,
      inject: [ENVIRONMENT, PLANS, LOGGER],
      useFactory: (environment: ServiceEnvironment, plans: Plans, logger: Logger) =>
        new Sink(environment, plans, applierEvents(logger)),
    },
  ],
})
export class AggregatorModule implements OnApplicationShutdown {
  constructor(
    @Inject(Sink) private readonly sink: Sink,
    @Inject(ReadinessChecks) checks: ReadinessChecks,
  ) {
    // Until then what the start waits for is told.
    void sink.opened.then(() => checks.register('postgres', () => sink.isReachable()));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sink.close();
  }
}
