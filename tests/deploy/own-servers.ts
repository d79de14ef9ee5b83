import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@millrace/embedded';
import { openDatabase } from '@millrace/postgres';
import { ROOT } from './compose-model.js';
import type { Hosts } from './containers.js';

export interface OwnServers {
  hosts: Hosts;
  /** Of the superuser, to look. */
  database_url: string;
  /** With the files that make-secrets.sh made. */
  secrets: string;
  stop(): Promise<void>;
}

/** A real Kafka and a real PostgreSQL, with the database and the users that docker-compose.yml makes there. */
export async function startServers(): Promise<OwnServers> {
  const home = mkdtempSync(join(tmpdir(), 'millrace-deploy-'));
  const embedded = await startEmbedded(home);
  const stop = async () => {
    await embedded.stop();
    rmSync(home, { recursive: true, force: true });
  };
  const url = new URL(embedded.database_url);
  try {
    const secrets = makeSecrets(home);
    // As in the image of PostgreSQL, the database is there before its users.
    await runOn(url.href, rolesOf(secrets));
    return {
      hosts: { 'kafka:9092': embedded.kafka_brokers, 'postgres:5432': `${url.hostname}:${url.port}` },
      database_url: url.href,
      secrets,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** By the script that users run. @returns the directory, open: containers get the files one by one, past the directory's mode */
function makeSecrets(home: string): string {
  const compose = join(home, 'compose');
  mkdirSync(compose);
  cpSync(join(ROOT, 'deploy/compose/make-secrets.sh'), join(compose, 'make-secrets.sh'));
  execFileSync('sh', [join(compose, 'make-secrets.sh')], { stdio: 'ignore' });
  for (const path of [home, join(compose, 'secrets')]) chmodSync(path, 0o755);
  return join(compose, 'secrets');
}

async function runOn(url: string, statements: string[]): Promise<void> {
  const database = await openDatabase(url, { role: 'deploy-test', max: 1 });
  try {
    for (const statement of statements) await run(database, statement);
  } finally {
    await database.close();
  }
}

type Queries = Awaited<ReturnType<typeof openDatabase>>;

async function run(database: Queries, statement: string): Promise<void> {
  const [query, gexec] = statement.split('\\gexec');
  const rows = await database.query<Record<string, string>>(query);
  if (gexec === undefined) return;
  for (const row of rows) for (const sql of Object.values(row)) await database.query(sql);
}

/** roles.sql as psql would run it: its variables are the passwords, `\gexec` runs what a query answers. */
function rolesOf(secrets: string): string[] {
  const password = (name: string) => readFileSync(join(secrets, `postgres_${name}`), 'utf8');
  const text = readFileSync(join(ROOT, 'deploy/postgres/roles/roles.sql'), 'utf8').replace(/^--.*$/gm, '');
  const filled = text.replace(/:'(\w+)'/g, (_, name: string) => `'${password(name)}'`);
  return filled
    .split(/;\s*\n|(?<=\\gexec)\n/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
