import { join } from 'node:path';
import { generateSales } from '@millrace/testkit';
import { Command } from 'commander';
import type { OutputOptions } from '../output.js';
import { millraceHome } from '../project.js';
import { DEFAULT_SCALE } from '../scale.js';
import { formatCount } from '../screen/format.js';
import { wholeNumber } from './rejects.js';
import { runDirectory } from './run.js';

const FILES = 4;
const SEED = 1;
const DUPLICATES = 0.03;
const BAD = 0.02;
const PATIENCE_SECONDS = 120;

export function demoCommand(): Command {
  return new Command('demo')
    .description('make dirty sample files and stream them to gold: everything from one command')
    .option('--rows <n>', 'rows to make', wholeNumber, 1_000_000)
    .option('--json', 'print JSON lines')
    .action(async ({ rows, json }: OutputOptions & { rows: number }) => {
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
