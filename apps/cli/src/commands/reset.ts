import { existsSync } from 'node:fs';
import { lockHome, removeServers } from '@millrace/embedded';
import { withSecrets } from '@millrace/telemetry/environment';
import { Command } from 'commander';
import { CommandFailure } from '../failure.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { millraceHome } from '../project.js';
import { dropEverything } from '../supervisor/drop.js';
import { removeHome, requireOwnHome } from '../supervisor/home.js';
import { readState } from '../supervisor/state.js';
import { stopMillrace } from '../supervisor/stop.js';

type Options = OutputOptions & { yes?: boolean };

export function resetCommand(): Command {
  return new Command('reset')
    .description('stop everything and delete all data of the state directory')
    .option('--yes', 'also drop our tables and topics where DATABASE_URL and KAFKA_BROKERS name servers of your own')
    .option('--json', 'print JSON')
    .action(async ({ yes, json }: Options) => {
      const home = millraceHome();
      const outside = outsideServers(home);
      if (outside && !yes) {
        throw new CommandFailure(
          'REFUSED',
          'this drops the schema millrace, the tables of the datasets and their topics on your own servers',
          'npx millrace reset --yes',
        );
      }
      await stopMillrace(home);
      if (outside) await dropEverything(outside);
      const left = existsSync(home) ? await emptyHome(home) : [];
      if (json) return printJson({ home, dropped: outside !== undefined, left });
      print(`Reset: ${home}${outside ? ', and what was ours on your servers' : ''}`);
      if (left.length > 0) print(`Left alone, as Millrace did not make it: ${left.join(', ')}`);
    });
}

/** The servers of the environment, or those that this home was last used with; undefined when they are our own. */
function outsideServers(home: string): { database_url: string; kafka_brokers: string } | undefined {
  const { DATABASE_URL, KAFKA_BROKERS } = withSecrets();
  if (DATABASE_URL && KAFKA_BROKERS) return { database_url: DATABASE_URL, kafka_brokers: KAFKA_BROKERS };
  const state = readState(home);
  return state && !state.embedded && state.database_url ? state : undefined;
}

async function emptyHome(home: string): Promise<string[]> {
  requireOwnHome(home);
  const lock = await lockHome(home);
  try {
    await removeServers(home);
  } finally {
    await lock.release();
  }
  return removeHome(home);
}
