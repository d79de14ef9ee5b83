import { Command } from 'commander';
import { type OutputOptions, print, printJson } from '../output.js';
import { millraceHome } from '../project.js';
import { stopMillrace } from '../supervisor/stop.js';

export function downCommand(): Command {
  return new Command('down')
    .description('stop the services and the embedded servers; all data stays')
    .option('--json', 'print JSON')
    .action(async ({ json }: OutputOptions) => {
      const home = millraceHome();
      const stopped = await stopMillrace(home);
      if (json) return printJson(stopped);
      if (stopped.supervisor_pid !== null) print(`Stopped (supervisor ${stopped.supervisor_pid}).`);
      else if (stopped.leftovers > 0) print(`Ended ${stopped.leftovers} processes that a killed supervisor left.`);
      else print(`Nothing ran for ${home}.`);
    });
}
