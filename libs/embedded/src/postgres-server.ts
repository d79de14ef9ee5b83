import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresAccount } from './account.js';
import { type HomePaths, homeMarks } from './home.js';
import type { Ports } from './ports.js';
import { postgresBinaries } from './postgres-binaries.js';
import { dataArgument, ensureCluster, type Installation, POSTGRES_ENV } from './postgres-cluster.js';
import { endProcesses, isAlive, processesIn } from './processes.js';
import { ServerProcess, type ServerSpec, type Spawned } from './server-process.js';

const START_MS = 300_000;

export interface PostgresExtras {
  settings?: Record<string, string | number>;
  /** By name, in the data directory, readable to the server alone: certificates, keys, `pg_hba.conf`. */
  files?: Record<string, string>;
}

/** Creates the cluster where there is none, starts it and waits until clients can use it. Returns its URL. */
export async function startPostgres(
  paths: HomePaths,
  ports: Ports,
  spawned: Spawned,
  { settings = {}, files = {} }: PostgresExtras = {},
): Promise<string> {
  const account = postgresAccount();
  const installation = { tree: await postgresBinaries(account), account };
  const password = await ensureCluster(paths, installation);
  await clearRemains(paths);
  for (const [name, content] of Object.entries(files)) {
    const path = join(paths.postgres_data, name);
    await writeFile(path, content, { mode: 0o600 });
    if (account) await chown(path, account.uid, account.gid);
  }
  await launch(postgresSpec(paths, { ...postgresSettings(ports), ...settings }, installation), spawned, paths);
  // Said aloud: whatever PGSSLMODE is set for other servers, this one is on loopback only.
  return `postgres://millrace:${password}@127.0.0.1:${ports.postgres}/millrace?sslmode=disable`;
}

async function launch(spec: ServerSpec, spawned: Spawned, paths: HomePaths): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const server = ServerProcess.launch(spec);
    spawned(server);
    try {
      await server.untilReady(() => isReady(paths, server.pid), START_MS);
      return;
    } catch (error) {
      // Backends of a killed server end by themselves within moments: only then may another one start.
      const remains = (await server.tail()).includes('pre-existing shared memory block');
      if (!remains || attempt === 20) throw error;
      await sleep(500);
    }
  }
}

export function postgresSettings(ports: Ports): Record<string, string | number> {
  return {
    listen_addresses: '127.0.0.1',
    port: ports.postgres,
    unix_socket_directories: '',
    max_connections: 60,
    shared_buffers: '256MB',
    // What the promise rests on: never traded for speed.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    // The bundled build has neither zstd nor lz4; pglz costs more than it saves here.
    wal_compression: 'off',
    jit: 'off',
    // Tables that only grow: by default each fifth more rows are looked through again, which took a tenth of the server's CPU in a load.
    autovacuum_vacuum_insert_threshold: 1_000_000,
    autovacuum_vacuum_insert_scale_factor: 1,
    autovacuum_analyze_scale_factor: 0.5,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // Expected errors (a key that exists) would fill the log with statements.
    log_min_error_statement: 'panic',
  };
}

function postgresSpec(
  paths: HomePaths,
  settings: Record<string, string | number>,
  { tree, account }: Installation,
): ServerSpec {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', dataArgument(paths.postgres_data, account), ...options, '-c', homeMarks(paths.home).postgres];
  return {
    name: 'postgres',
    home: paths.home,
    command: join(tree, 'bin', 'postgres'),
    args,
    cwd: paths.postgres_data,
    env: POSTGRES_ENV,
    uid: account?.uid,
    gid: account?.gid,
    output: join(paths.logs, 'postgres.log'),
    // Fast shutdown (with a checkpoint, which may be large), immediate shutdown, the end.
    stop_steps: [
      { signal: 'SIGINT', wait_ms: 60_000 },
      { signal: 'SIGQUIT', wait_ms: 5000 },
      { signal: 'SIGKILL', wait_ms: 5000 },
    ],
  };
}

/** The eighth line of postmaster.pid holds the server's state: what pg_ctl goes by, too. */
async function isReady(paths: HomePaths, pid: number): Promise<boolean> {
  const lines = (await readPidFile(paths)).split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

/** What a kill -9 leaves: backends without their server, and a pid file whose pid may be someone else's by now. */
async function clearRemains(paths: HomePaths): Promise<void> {
  const remains = () => processesIn(paths.postgres_data, 'postgres');
  await endProcesses(remains(), [{ signal: 'SIGKILL', wait_ms: 5000 }]);
  const pid = Number.parseInt(await readPidFile(paths), 10);
  // Never removed while one of its processes lives: the file guards the data against a second server.
  if (pid && isAlive(pid) && process.platform === 'linux' && remains().length === 0) {
    await rm(join(paths.postgres_data, 'postmaster.pid'), { force: true });
  }
}

function readPidFile(paths: HomePaths): Promise<string> {
  return readFile(join(paths.postgres_data, 'postmaster.pid'), 'utf8').catch(() => '');
}
