import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlans, planNamed } from '@millrace/dataset';
import { Command, InvalidArgumentError } from 'commander';
import { CommandFailure, errorBlock, exitCodeOfError } from '../failure.js';
import { parseWatch, requireDirectory, type WatchRequest, watchesOf } from '../live/watches.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { datasetsDirectory, MILLRACE_BIN, millraceHome } from '../project.js';
import { DEFAULT_SCALE, parseScale, type Scale } from '../scale.js';
import { formatTable } from '../screen/tables.js';
import { untilSignal } from '../signals.js';
import { metricsUrl } from '../supervisor/readiness.js';
import { readState, type SupervisorState } from '../supervisor/state.js';
import { Supervisor } from '../supervisor/supervisor.js';

interface Options extends OutputOptions {
  detach?: boolean;
  scale: Scale;
  timeout: number;
  httpPort?: number;
  watch: WatchRequest[];
  report?: boolean;
}

/** From the supervisor in the background to the command that waits for it. */
type Report = { type: 'ready' } | { type: 'failed'; block: string; exit_code: number };

export function upCommand(): Command {
  return new Command('up')
    .description('start the servers and all services, and keep them running')
    .option('--detach', 'in the background: returns when all services are ready')
    .option('--scale <list>', 'instances, e.g. cleaner=2,deduper=2,aggregator=2', parseScale, DEFAULT_SCALE)
    .option('--http-port <port>', 'of ingestor-1; ingestor-2 has the next one, and so on (default: any)', portNumber)
    .option('--watch <dataset=dir>', 'a directory to watch for ever; again for more (also MILLRACE_WATCH)', collect, [])
    .option('--timeout <seconds>', 'how long to wait until all are ready', Number, 120)
    .option('--json', 'print JSON')
    .addOption(new Command().createOption('--report', 'report to the parent process').hideHelp())
    .action((options: Options) => (options.detach ? detach(options) : foreground(options)));
}

async function foreground({ scale, timeout, json, report, httpPort, watch }: Options): Promise<void> {
  const home = millraceHome();
  const watches = checked([...watch, ...watchesOf()]);
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const supervisor = new Supervisor({ home, scale, mode: 'up', note, http_port: httpPort, watches });
  const signalled = untilSignal();
  try {
    const ready = supervisor.start().then(() => supervisor.untilReady(timeout * 1000));
    ready.catch(() => undefined);
    const first = await Promise.race([ready.then(() => 'ready' as const), signalled]);
    if (first === 'ready') {
      if (report) tellParent({ type: 'ready' });
      else summarize(readState(home), json);
      await Promise.race([signalled, supervisor.failed]);
    }
  } catch (error) {
    if (report) tellParent({ type: 'failed', block: errorBlock(error), exit_code: exitCodeOfError(error) });
    throw error;
  } finally {
    await supervisor.stop();
  }
}

/** @throws MillraceError CONFIG_INVALID for an unknown dataset, SOURCE_UNREADABLE */
function checked(watches: WatchRequest[]): WatchRequest[] {
  if (watches.length === 0) return [];
  const plans = loadPlans(datasetsDirectory());
  return watches.map(({ dataset, path }) => ({
    dataset: planNamed(plans, dataset).name,
    path: requireDirectory(path),
  }));
}

function collect(text: string, before: WatchRequest[]): WatchRequest[] {
  return [...before, parseWatch(text)];
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port from 1 to 65535 is wanted.');
}

function tellParent(report: Report): void {
  process.send?.(report, undefined, undefined, () => undefined);
}

async function detach(options: Options): Promise<void> {
  const home = millraceHome();
  checked([...options.watch, ...watchesOf()]);
  const report = await spawnSupervisor(home, options);
  if (report.type === 'failed') {
    process.stderr.write(report.block);
    process.exitCode = report.exit_code;
    return;
  }
  summarize(readState(home), options.json);
}

/** A session of its own, so that neither Ctrl-C nor the end of this terminal reaches it. */
async function spawnSupervisor(home: string, options: Options): Promise<Report> {
  mkdirSync(join(home, 'logs'), { recursive: true });
  const log = join(home, 'logs', 'supervisor.log');
  const output = openSync(log, 'a');
  const child = spawn(process.execPath, [MILLRACE_BIN, ...argumentsOf(options)], {
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
    env: { ...process.env, MILLRACE_HOME: home, MILLRACE_DATASETS: datasetsDirectory() },
  });
  closeSync(output);
  const report = await Promise.race([
    new Promise<Report>((resolve) => {
      child.once('message', (message) => resolve(message as Report));
      child.once('exit', (code, signal) => resolve(diedEarly(log, code, signal)));
    }),
    untilSignal().then((): Report => {
      child.kill('SIGTERM');
      throw new CommandFailure('INTERRUPTED', 'stopped before all services were ready', 'npx millrace up --detach');
    }),
  ]);
  if (report.type === 'failed' && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (child.connected) child.disconnect();
  child.unref();
  return report;
}

function argumentsOf({ scale, timeout, httpPort, watch }: Options): string[] {
  const list = Object.entries(scale).map(([name, count]) => `${name}=${count}`);
  const port = httpPort === undefined ? [] : ['--http-port', String(httpPort)];
  const watches = watch.flatMap(({ dataset, path }) => ['--watch', `${dataset}=${path}`]);
  return ['up', '--report', '--timeout', String(timeout), '--scale', list.join(','), ...port, ...watches];
}

function diedEarly(log: string, code: number | null, signal: NodeJS.Signals | null): Report {
  const failure = new CommandFailure(
    'NOT_READY',
    `the supervisor ended (${signal ?? `exit code ${code}`})`,
    `read ${log}`,
  );
  return { type: 'failed', block: errorBlock(failure), exit_code: 1 };
}

function summarize(state: SupervisorState | undefined, json?: boolean): void {
  if (!state) return;
  if (json) {
    printJson(state);
    return;
  }
  const rows = state.services.map(({ instance, state: at, pid, port }) => ({
    service: instance,
    state: at,
    pid,
    metrics: port === null ? '' : metricsUrl(port),
  }));
  print(formatTable(rows));
  print('Next: npx millrace run --once --dataset sales --path DIR     files that are there');
  print('      npx millrace watch --dataset sales --path DIR          files that come and grow');
  print('      npx millrace produce                                   a live producer over HTTP');
  print('      npx millrace status · endpoints · books · sql · down');
}
