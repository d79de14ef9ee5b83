import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import { loadPlans, planNamed } from '@millrace/dataset';
import { readServers } from '@millrace/embedded';
import { withSecrets } from '@millrace/telemetry/environment';
import { Command, InvalidArgumentError } from 'commander';
import { resolveEndpoints } from '../endpoints.js';
import { parseWatch, type WatchRequest, watchesOf } from '../live/watches.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { datasetsDirectory, millraceHome } from '../project.js';
import { plural } from '../screen/format.js';
import { type Prepared, prepare } from '../supervisor/prepare.js';
import { registerPlansAt } from '../supervisor/register-plans.js';

interface Options extends OutputOptions {
  watch: WatchRequest[];
  timeout: number;
}

const BUSY_POLL_MS = 1000;

export function migrateCommand(): Command {
  return new Command('migrate')
    .description(
      'bring schema, roles, datasets, topics and watches up to date, without starting anything; again at will',
    )
    .option('--watch <dataset=dir>', 'a directory to watch for ever; again for more (also MILLRACE_WATCH)', collect, [])
    .option('--timeout <seconds>', 'how long to wait for each server, and for work under former configs', seconds, 60)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nRun it with the credentials of the owner of the database (DATABASE_URL, KAFKA_BROKERS); the services then run as a member' +
        '\nof millrace_writer: docs/security.md. What it may not do itself, it prints as SQL for an administrator.',
    )
    .action(runMigrate);
}

async function runMigrate({ watch, timeout, json }: Options): Promise<void> {
  const plans = loadPlans(datasetsDirectory());
  const watches = [...watch, ...watchesOf()].map(({ dataset, path }) => ({
    dataset: planNamed(plans, dataset).name,
    path,
  }));
  const outside = readServers(withSecrets());
  const servers = outside.kind === 'outside' ? outside : resolveEndpoints(millraceHome());
  const patience_ms = timeout * 1000;
  const prepared = await prepare(servers, { plans: [...plans.values()], watches, patience_ms });
  if (json) printJson(resultOf(prepared));
  else for (const line of linesOf(prepared)) print(line);
  await untilIdle(prepared, servers.database_url, patience_ms, json);
}

/** What changes tables waits for the services, which end the work under the former config. @throws MillraceError PLAN_BUSY */
async function untilIdle({ busy }: Prepared, database_url: string, patience_ms: number, json?: boolean): Promise<void> {
  const deadline = Date.now() + patience_ms;
  let left = busy;
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(BUSY_POLL_MS);
    left = await registerPlansAt(database_url, left);
  }
  if (left.length > 0) {
    const names = left.map(({ name }) => name).join(', ');
    const message = `the new config of ${names} waits until work under the former one is at its end: let the services run, then again`;
    throw new MillraceError('PLAN_BUSY', message);
  }
  if (busy.length > 0 && !json) print(`datasets: ${busy.map(({ name }) => name).join(', ')}: current now`);
}

function resultOf({ migration, datasets, topics, watches, busy }: Prepared) {
  const { applied, roles } = migration;
  return { migrations: applied, roles, datasets, waiting: busy.map(({ name }) => name), topics, watches };
}

const ROLES = {
  made: 'made millrace_writer and millrace_reader',
  there: 'millrace_writer and millrace_reader are there',
  missing: 'missing, and this user may not make them: all works without, as this user',
  not_owner: 'not looked at, as the schema belongs to another user',
} as const;

function linesOf({ migration: { applied, roles }, datasets, topics, watches, busy }: Prepared): string[] {
  const listed = datasets.map(({ dataset, version, isNew }) => `${dataset} v${version}${isNew ? ' (new)' : ''}`);
  const changes = [
    ...(roles.granted.length > 0 ? [`rights changed on ${plural(roles.granted.length, 'table')}`] : []),
    ...(roles.given.length > 0 ? [`now the writer's: ${roles.given.join(', ')}`] : []),
  ];
  return [
    `schema: ${applied.length > 0 ? `ran ${applied.join(', ')}` : 'up to date'}`,
    `roles: ${[ROLES[roles.state], ...changes].join('; ')}`,
    ...administratorLines(roles.administrator_sql),
    `datasets: ${listed.join(', ') || 'none'}`,
    ...(busy.length > 0
      ? [`datasets: ${busy.map(({ name }) => name).join(', ')}: waiting for work under the former config`]
      : []),
    `topics: ${topics.made.length} made, ${topics.there} there`,
    ...watches.map(watchLine),
  ];
}

function administratorLines(sql: string[]): string[] {
  if (sql.length === 0) return [];
  const statements = sql.map((statement) => `  ${statement};`);
  return ['  an administrator of the server runs this, then migrate is run again:', ...statements];
}

/** The services may see the directory though this process does not. */
function watchLine({ dataset, path, added }: Prepared['watches'][number]): string {
  const isSeen = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  return `watch: ${dataset}=${path} ${added ? '(new)' : '(was there)'}${isSeen ? '' : '; no such directory here: the ingestors must have it'}`;
}

function collect(text: string, before: WatchRequest[]): WatchRequest[] {
  return [...before, parseWatch(text)];
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('A number of seconds is wanted.');
}
