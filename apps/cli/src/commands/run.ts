import { loadPlans, planNamed } from '@millrace/dataset';
import { Command } from 'commander';
import { CommandFailure, exitCodeOfError, failureOf } from '../failure.js';
import { runLive } from '../live/run-live.js';
import { requireDirectory } from '../live/watches.js';
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
    .description(
      'stream a directory of files to its tables and gold, and show the books; for ever, or one pass with --once',
    )
    .requiredOption('--dataset <name>', 'which dataset')
    .requiredOption('--path <dir>', 'the directory')
    .option('--once', 'one pass over what is there now; without it: until Ctrl-C')
    .option('--scale <list>', 'instances, e.g. cleaner=2, where nothing is up yet', parseScale, DEFAULT_SCALE)
    .option('--patience <seconds>', 'give up when nothing moves for this long', wholeNumber, 300)
    .option('--json', 'print JSON lines; the last one is the result')
    .action(async (options: Options) => {
      process.exitCode = options.once ? await runDirectory(options) : await runForEver(options);
    });
}

/** One pass over a directory. @returns the exit code, after all is shown */
export function runDirectory(options: Omit<Options, 'once'>): Promise<number> {
  return withScreen(options, 'the same command again goes on where it stopped', (screen, signal) => {
    const plan = planNamed(loadPlans(datasetsDirectory()), options.dataset);
    const path = requireDirectory(options.path);
    return withServices({ home: millraceHome(), scale: options.scale, screen, signal }, (servers) =>
      runOnce({ plan, path, ...servers, patience_ms: options.patience * 1000, signal }, screen),
    );
  });
}

/** Until a signal, which is the way to end it. */
function runForEver(options: Omit<Options, 'once'>): Promise<number> {
  return withScreen(options, 'call it again', (screen, signal) => {
    const plan = planNamed(loadPlans(datasetsDirectory()), options.dataset);
    const path = requireDirectory(options.path);
    return withServices({ home: millraceHome(), scale: options.scale, screen, signal }, (servers) => {
      screen.note(`Watching ${path}: Ctrl-C ends it`);
      return runLive({ plan, path, servers, patience_ms: options.patience * 1000 }, screen, signal);
    });
  });
}

/** Does `work` with a screen, and with a signal that the user's wish to end aborts. @returns the exit code */
export async function withScreen(
  { json }: OutputOptions,
  after_interruption: string,
  work: (screen: RunScreen, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const screen: RunScreen = json || !process.stdout.isTTY ? new JsonScreen() : new TerminalScreen();
  const interrupted = new AbortController();
  void untilSignal().then(() => interrupted.abort());
  try {
    return await work(screen, interrupted.signal);
  } catch (cause) {
    const error =
      interrupted.signal.aborted && isAbort(cause)
        ? new CommandFailure('INTERRUPTED', 'the run was interrupted', after_interruption)
        : cause;
    screen.failed(failureOf(error), exitCodeOfError(error));
    throw error;
  }
}

function isAbort(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'AbortError';
}
