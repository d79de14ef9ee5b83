import { basename } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { Command } from 'commander';
import { DATASET_OPTION, resolvePlan, resolvePlans } from '../datasets.js';
import { CommandFailure, exitCodeOfError, failureOf } from '../failure.js';
import { requireDirectory } from '../live/watches.js';
import type { OutputOptions } from '../output.js';
import { millraceHome } from '../project.js';
import { type RunTarget, runTargets } from '../run/run-targets.js';
import { withServices } from '../run/with-services.js';
import { DEFAULT_SCALE, parseScale, type Scale } from '../scale.js';
import { plural } from '../screen/format.js';
import { JsonScreen } from '../screen/json-screen.js';
import type { RunScreen } from '../screen/run-screen.js';
import { untilSignal } from '../signals.js';
import { wholeNumber } from '../whole-number.js';

type Options = OutputOptions & {
  once?: boolean;
  dataset?: string;
  path: string;
  scale: Scale;
  patience: number;
  sampleRows: number;
};

const SAMPLE_ROWS = 10_000;

export function runCommand(): Command {
  return new Command('run')
    .description(
      'stream a directory of files to its tables and gold, and show the books; for ever, or one pass with --once',
    )
    .option('--dataset <name>', `${DATASET_OPTION}; without it each file gets a table of its own (with --once)`)
    .requiredOption('--path <dir>', 'the directory')
    .option('--once', 'one pass over what is there now; without it: until Ctrl-C')
    .option('--scale <list>', 'instances, e.g. cleaner=2, where nothing is up yet', parseScale, DEFAULT_SCALE)
    .option('--patience <seconds>', 'give up when nothing moves for this long', wholeNumber, 300)
    .option('--sample-rows <n>', 'without --dataset: rows of each file to tell its types by', wholeNumber, SAMPLE_ROWS)
    .option('--json', 'print JSON lines; the last one is the result')
    .action(async (options: Options) => {
      process.exitCode = options.once ? await runDirectory(options) : await runForEver(options);
    });
}

/** One pass over a directory. @returns the exit code, after all is shown */
export function runDirectory(
  options: Omit<Options, 'once' | 'sampleRows'> & Partial<Pick<Options, 'sampleRows'>>,
): Promise<number> {
  return withScreen(options, 'the same command again goes on where it stopped', async (screen, signal) => {
    const path = requireDirectory(options.path);
    const targets = await targetsOf(options.dataset, path, options.sampleRows ?? SAMPLE_ROWS, screen);
    const { scale, patience } = options;
    const plans = targets.flatMap((target) =>
      'plan' in target && target.plan.if_table_exists !== 'replace' ? [target.plan] : [],
    );
    return withServices({ home: millraceHome(), scale, screen, signal, plans }, (servers) =>
      runTargets(targets, { path, servers, patience_ms: patience * 1000, signal }, screen),
    );
  });
}

async function targetsOf(
  dataset: string | undefined,
  path: string,
  sample_rows: number,
  screen: RunScreen,
): Promise<RunTarget[]> {
  if (dataset !== undefined) return resolvePlans(dataset).map((plan) => ({ plan }));
  const { mapFiles } = await import('../auto/map-files.js');
  const { files, passed_over, failed } = await mapFiles(path, millraceHome(), sample_rows);
  for (const { file, plan, config, sample } of files) {
    const { rows, fields, complete } = sample;
    const seen = `${plural(rows, 'row')} ${complete ? 'in all' : 'sampled'}`;
    screen.note(`${file} -> table ${plan.table}: ${plural(fields.length, 'column')}, ${seen} (${config})`);
    for (const finding of sample.findings) screen.note(`  ${finding}`);
  }
  if (passed_over.length > 0)
    screen.note(
      `passed over, by their names or as they are empty: ${passed_over.map((name) => basename(name)).join(', ')}`,
    );
  for (const { file, error } of failed) screen.note(`${file}: ${error.code}: ${error.message}`);
  if (files.length === 0) {
    throw new MillraceError('SOURCE_UNREADABLE', 'no file there can be mapped to a table: name --dataset', {
      place: { file: path },
    });
  }
  return [...files.map(({ plan, file }) => ({ plan, file })), ...failed.map(({ file, error }) => ({ file, error }))];
}

/** Until a signal, which is the way to end it. */
function runForEver(options: Options): Promise<number> {
  return withScreen(options, 'call it again', (screen, signal) => {
    if (options.dataset === undefined) {
      throw new MillraceError('CONFIG_INVALID', 'no --dataset: name one, or add --once to map files to tables');
    }
    const plan = resolvePlan(options.dataset);
    const path = requireDirectory(options.path);
    const { scale } = options;
    return withServices({ home: millraceHome(), scale, screen, signal, plans: [plan] }, async (servers) => {
      const { runLive } = await import('../live/run-live.js');
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
  const screen = json || !process.stdout.isTTY ? new JsonScreen() : await terminalScreen();
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

/** Loaded where there is a terminal: colours and tables are a tenth of what a run loads. */
async function terminalScreen(): Promise<RunScreen> {
  const { TerminalScreen } = await import('../screen/terminal-screen.js');
  return new TerminalScreen();
}

function isAbort(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'AbortError';
}
