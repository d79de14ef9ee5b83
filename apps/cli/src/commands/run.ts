import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { loadPlans, planNamed } from '@millrace/dataset';
import { Command } from 'commander';
import { CommandFailure, exitCodeOfError, failureOf } from '../failure.js';
import type { OutputOptions } from '../output.js';
import { datasetsDirectory, millraceHome } from '../project.js';
import { runOnce } from '../run/run-once.js';
import { withServices } from '../run/with-services.js';
import { DEFAULT_SCALE, parseScale, type Scale } from '../scale.js';
import { JsonScreen } from '../screen/json-screen.js';
import type { RunScreen } from '../screen/run-screen.js';
import { TerminalScreen } from '../screen/terminal-screen.js';
import { untilSignal } from '../signals.js';
import { wholeNumber } from './rejects.js';

type Options = OutputOptions & { once?: boolean; dataset: string; path: string; scale: Scale; patience: number };

export function runCommand(): Command {
  return new Command('run')
    .description('stream a directory of files to its tables and gold, and show the books')
    .requiredOption('--dataset <name>', 'which dataset')
    .requiredOption('--path <dir>', 'the directory')
    .option('--once', 'one pass over what is there now')
    .option('--scale <list>', 'instances, e.g. cleaner=2, where nothing is up yet', parseScale, DEFAULT_SCALE)
    .option('--patience <seconds>', 'give up when nothing moves for this long', wholeNumber, 300)
    .option('--json', 'print JSON lines; the last one is the result')
    .action(async (options: Options) => {
      if (!options.once)
        throw new CommandFailure('USAGE', 'only passes over what is there now are built yet', 'add --once');
      process.exitCode = await runDirectory(options);
    });
}

/** @returns the exit code, after all is shown */
export async function runDirectory(options: Omit<Options, 'once'>): Promise<number> {
  const screen: RunScreen = options.json || !process.stdout.isTTY ? new JsonScreen() : new TerminalScreen();
  const interrupted = new AbortController();
  void untilSignal().then(() => interrupted.abort());
  try {
    const plan = planNamed(loadPlans(datasetsDirectory()), options.dataset);
    const path = directoryOf(options.path);
    return await withServices(
      { home: millraceHome(), scale: options.scale, screen, signal: interrupted.signal },
      (servers) =>
        runOnce({ plan, path, ...servers, patience_ms: options.patience * 1000, signal: interrupted.signal }, screen),
    );
  } catch (cause) {
    const error = interrupted.signal.aborted
      ? new CommandFailure('INTERRUPTED', 'the run was interrupted', 'the same command again goes on where it stopped')
      : cause;
    screen.failed(failureOf(error), exitCodeOfError(error));
    throw error;
  }
}

/** @throws MillraceError SOURCE_UNREADABLE */
function directoryOf(path: string): string {
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) return absolute;
  throw new MillraceError('SOURCE_UNREADABLE', 'not a directory', { place: { file: absolute } });
}
