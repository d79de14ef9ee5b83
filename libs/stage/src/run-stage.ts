import { join } from 'node:path';
import { ReadinessChecks } from '@millrace/telemetry';
import type { Type } from '@nestjs/common';
import { runService } from './run-service.js';
import type { Flow, StageOptions } from './stage.js';
import { StageServer } from './stage-server.js';

/**
 * Runs a stage: see `runService`. @param module provides the flow and what it needs
 */
export async function runStage(module: Type, options: StageOptions & { flow: Type<Flow> }): Promise<void> {
  let server: StageServer | undefined;
  await runService(options.service, module, {
    canDoWithoutDatabase: options.canDoWithoutDatabase,
    async start(app, { environment, plans, registry, kafka, logger }, fail) {
      const { MILLRACE_STALL_MS: stall_ms, MILLRACE_TRIM: trim, MILLRACE_INSTANCE: instance } = environment;
      const membership_file = join(environment.MILLRACE_HOME, 'members', `${instance}.json`);
      const flow = app.get(options.flow, { strict: false });
      server = new StageServer(
        { ...options, plans, registry, stall_ms, trim, membership_file },
        kafka,
        flow,
        logger,
        fail,
      );

      app.get(ReadinessChecks).register('consuming', () => server?.isReady ?? false);
      app.connectMicroservice({ strategy: server });
      await app.startAllMicroservices();
    },
    // Before Nest destroys the providers: what is in flight still needs them.
    stop: async (_app, within_ms) => server?.close(within_ms),
  });
}
