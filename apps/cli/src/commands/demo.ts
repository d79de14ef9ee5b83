import { join } from 'node:path';
import { loadPlans, planNamed } from '@millrace/dataset';
import { generateSales } from '@millrace/testkit';
import { Command } from 'commander';
import { demoLive } from '../live/demo-live.js';
import type { OutputOptions } from '../output.js';
import { duration } from '../produce/options.js';
import { datasetsDirectory, millraceHome } from '../project.js';
import { withServices } from '../run/with-services.js';
import { DEFAULT_SCALE } from '../scale.js';
import { formatCount } from '../screen/format.js';
import { wholeNumber } from '../whole-number.js';
import { runDirectory, withScreen } from './run.js';

const FILES = 4;
const SEED = 1;
const DUPLICATES = 0.03;
const BAD = 0.02;
const PATIENCE_SECONDS = 120;

type Options = OutputOptions & { rows: number; live?: boolean; for: number };

export function demoCommand(): Command {
  return new Command('demo')
    .description('make dirty sample files and stream them to gold: everything from one command')
    .option('--rows <n>', 'rows to make', wholeNumber, 1_000_000)
    .option('--live', 'instead: live producers over HTTP and Kafka and a growing file, numbers moving')
    .option('--for <duration>', 'with --live: how long', duration, 60_000)
    .option('--json', 'print JSON lines')
    .action(async ({ rows, json, live, for: for_ms }: Options) => {
      if (live) {
        process.exitCode = await liveDemo(for_ms, json);
        return;
      }
      const directory = join(millraceHome(), 'demo');
      process.stderr.write(`Making ${formatCount(rows)} dirty sales rows in ${directory}\n`);
      generateSales({ rows, parts: FILES, seed: SEED, dup: DUPLICATES, bad: BAD, directory });
      process.exitCode = await runDirectory({
        dataset: 'sales',
        path: directory,
        scale: DEFAULT_SCALE,
        patience: PATIENCE_SECONDS,
        json,
      });
    });
}

function liveDemo(for_ms: number, json?: boolean): Promise<number> {
  return withScreen({ json }, 'npx millrace demo --live', (screen, signal) => {
    const home = millraceHome();
    const plan = planNamed(loadPlans(datasetsDirectory()), 'sales');
    return withServices({ home, scale: DEFAULT_SCALE, screen, signal }, (servers) =>
      demoLive({ home, plan, servers, for_ms, patience_ms: PATIENCE_SECONDS * 1000 }, screen, signal),
    );
  });
}
