import { once } from 'node:events';
import { Command, Option } from 'commander';
import { CommandFailure } from '../failure.js';
import { type OutputOptions, printJson } from '../output.js';
import { describeReport } from '../peek/describe.js';
import { type PeekAllOptions, peekAll } from '../peek/peek-all.js';
import type { PeekReport } from '../peek/peek-file.js';

type Options = OutputOptions & PeekAllOptions & { quiet?: boolean };

export function peekCommand(): Command {
  return new Command('peek')
    .description('how Millrace reads CSV files: finds out their dialect, and prints them as clean CSV')
    .argument('<file...>', 'files, compressed or not; several need --out')
    .option(
      '--dialect <path>',
      'a JSON file that says how they are to be read, or a directory with <file>_parameters.json',
    )
    .option('--out <dir>', 'write a file each into this directory')
    .addOption(
      new Option(
        '--suffix <text>',
        'with --out: what is appended to a name (default: .csv where it has another ending)',
      ),
    )
    .option('--rejects', 'show rejected records too, on stderr or in <name>.rejects.csv')
    .option(
      '--strict',
      'reject what a dataset of this dialect would: rows with too few or too many fields, unclosed quotes',
    )
    .option('--quiet', 'do not print what was found')
    .option('--json', 'print a JSON line a file with what was found, instead of rows')
    .action(run);
}

async function run(files: string[], options: Options): Promise<void> {
  if (files.length > 1 && options.out === undefined && !options.json) {
    const message = `${files.length} files cannot be printed as one`;
    throw new CommandFailure('USAGE', message, 'say with --out where a file each may be written, or use --json');
  }
  const report = (found: PeekReport) => {
    if (options.json) printJson(found);
    else if (!options.quiet) process.stderr.write(describeReport(found));
  };
  const failed = await peekAll(files, options, {
    rows: options.json ? null : writeOut,
    rejects: (text) => process.stderr.write(text),
    report,
    failure: (text) => process.stderr.write(text),
  });
  if (failed > 0) process.exitCode = 1;
}

async function writeOut(bytes: Buffer): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}
