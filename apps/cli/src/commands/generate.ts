import { resolve } from 'node:path';
import { generateSales } from '@millrace/testkit';
import { Argument, Command } from 'commander';
import { type OutputOptions, print, printJson } from '../output.js';
import { share } from '../produce/options.js';
import { formatCount, plural } from '../screen/format.js';
import { wholeNumber } from './rejects.js';

type Options = OutputOptions & { rows: number; parts: number; seed: number; dup: number; bad: number; out: string };

export function generateCommand(): Command {
  return new Command('generate')
    .description('write dirty sample files, and an answer key with what must come of them')
    .addArgument(new Argument('<dataset>').choices(['sales']))
    .option('--rows <n>', 'rows in all files together', wholeNumber, 100_000)
    .option('--parts <n>', 'number of files', wholeNumber, 4)
    .option('--seed <n>', 'the same seed gives the same bytes', wholeNumber, 1)
    .option('--dup <rate>', 'share of duplicates', share, 0.03)
    .option('--bad <rate>', 'share of rows that must be rejected', share, 0.02)
    .option('--out <dir>', 'where to', './data/sales')
    .option('--json', 'print JSON')
    .action((_dataset: string, { json, out, ...options }: Options) => {
      const directory = resolve(out);
      const { totals, files } = generateSales({ ...options, directory });
      if (json) return printJson({ directory, files: files.length, ...totals });
      print(`${plural(files.length, 'file')} in ${directory}`);
      const { rows_in, written, duplicates, rejected } = totals;
      const right = `${formatCount(written)} to be written + ${formatCount(duplicates)} duplicates + ${formatCount(rejected)} to be rejected`;
      print(`${formatCount(rows_in)} rows = ${right}`);
      print(`Next: npx millrace run --once --dataset sales --path ${out}`);
    });
}
