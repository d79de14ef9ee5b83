import type { DatasetPlan } from '@millrace/dataset';
import type { KafkaClient } from '@millrace/kafka';
import { type Logger, telemetryModule } from '@millrace/telemetry';
import type { DynamicModule, Type } from '@nestjs/common';
import type { ServiceEnvironment } from './environment.js';

/** Injection tokens of what every service has; LOGGER and ReadinessChecks come from @millrace/telemetry. */
export const ENVIRONMENT = Symbol('ENVIRONMENT');
export const PLANS = Symbol('PLANS');
export const KAFKA = Symbol('KAFKA');

/** All dataset plans by fingerprint. */
export type Plans = Map<string, DatasetPlan>;

export interface ServiceContext {
  environment: ServiceEnvironment;
  plans: Plans;
  kafka: KafkaClient;
  logger: Logger;
}

class ServiceModule {}

/** The service's own module within what every service has. */
export function serviceModule(own: Type, { environment, plans, kafka, logger }: ServiceContext): DynamicModule {
  const providers = [
    { provide: ENVIRONMENT, useValue: environment },
    { provide: PLANS, useValue: plans },
    { provide: KAFKA, useValue: kafka },
  ];
  return {
    module: ServiceModule,
    global: true,
    imports: [telemetryModule(logger), own],
    providers,
    exports: providers.map(({ provide }) => provide),
  };
}
