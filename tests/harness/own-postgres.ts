import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homePaths } from '../../libs/embedded/src/home.js';
import { choosePorts } from '../../libs/embedded/src/ports.js';
import { startPostgres } from '../../libs/embedded/src/postgres-server.js';
import type { ServerProcess } from '../../libs/embedded/src/server-process.js';

/** A PostgreSQL of a test's own, for what belongs to a whole server: its roles. */
export async function ownPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'millrace-postgres-'));
  const paths = homePaths(home);
  await mkdir(paths.logs, { recursive: true });
  const servers: ServerProcess[] = [];
  const stop = async () => {
    for (const server of servers) await server.stop();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const url = await startPostgres(paths, await choosePorts(paths.ports), (server) => servers.push(server));
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
