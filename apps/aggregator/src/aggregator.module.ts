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
        new Sink(environment, [...plans.values()], applierEvents(logger)),
    },
  ],
})
export class AggregatorModule implements OnApplicationShutdown {
  constructor(
    @Inject(Sink) private readonly sink: Sink,
    @Inject(ReadinessChecks) checks: ReadinessChecks,
  ) {
    checks.register('postgres', () => sink.isReachable());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sink.close();
  }
}
