import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { MillraceError } from '@millrace/contracts';
import { Argument, Command } from 'commander';
import { resolveEndpoints } from '../endpoints.js';
import { datasetsDirectory, millraceHome, serviceScript } from '../project.js';
import { SERVICES, type ServiceName } from '../scale.js';

export function startCommand(): Command {
  return new Command('start')
    .description('one service in the foreground, with the environment of the caller: what a container runs')
    .addArgument(new Argument('<service>', 'which one').choices(SERVICES))
    .action(async (service: ServiceName) => {
      const script = serviceScript(service);
      if (!existsSync(script)) throw new MillraceError('DEPENDENCY_MISSING', `${service} is not built: ${script}`);
      completeEnvironment(process.env);
      // In this very process: one pid that gets the signals, and one exit code.
      await import(pathToFileURL(script).href);
    });
}

/** What the caller has set stands; the servers are those of a running `up` where neither is set. */
function completeEnvironment(environment: NodeJS.ProcessEnv): void {
  const home = millraceHome(environment);
  if (!environment.KAFKA_BROKERS && !environment.DATABASE_URL && !environment.DATABASE_URL_FILE) {
    const { kafka_brokers, database_url } = resolveEndpoints(home);
    environment.KAFKA_BROKERS = kafka_brokers;
    environment.DATABASE_URL = database_url;
  }
  environment.MILLRACE_HOME = home;
  environment.MILLRACE_DATASETS = datasetsDirectory(environment);
}
