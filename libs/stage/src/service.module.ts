import type { KafkaClient } from '@millrace/kafka';
import { type Logger, telemetryModule } from '@millrace/telemetry';
import type { DynamicModule, Type } from '@nestjs/common';
import type { ServiceEnvironment } from './environment.js';
import type { PlanRegistry } from './plan-registry.js';
import type { Plans } from './plans.js';

/** Injection tokens of what every service has; LOGGER and ReadinessChecks come from @millrace/telemetry. */
export const ENVIRONMENT = Symbol('ENVIRONMENT');
export const PLANS = Symbol('PLANS');
export const REGISTRY = Symbol('REGISTRY');
export const KAFKA = Symbol('KAFKA');

export interface ServiceContext {
  environment: ServiceEnvironment;
  /** Those of the registry: the same map. */
  plans: Plans;
  registry: PlanRegistry;
  kafka: KafkaClient;
  logger: Logger;
}

class ServiceModule {}

/** The service's own module within what every service has. */
export function serviceModule(
  own: Type,
  { environment, plans, registry, kafka, logger }: ServiceContext,
): DynamicModule {
  const providers = [
    { provide: ENVIRONMENT, useValue: environment },
    { provide: PLANS, useValue: plans },
    { provide: REGISTRY, useValue: registry },
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
