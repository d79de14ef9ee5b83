/** What is compared: each loads the same file into a new table of its own PostgreSQL. */
import { measure } from '../../measure/measure.mjs';
import { Millrace } from '../../measure/millrace.mjs';
import { peakRssBytes } from '../../measure/processes.mjs';
import { findServers, withPostgres, withWal } from '../../measure/servers.mjs';
import { runPeer } from '../../peers/python.mjs';
import { contentsOf, writeConfigs } from './kinds.mjs';

/**
 * Services up: they have worked before, on another table of the same columns.
 * @param {string} home @param {import('./kinds.mjs').Source[]} sources
 * @returns {Promise<Record<string, object>>} by kind
 */
export async function loadByMillrace(home, sources) {
  const datasets = `${home}-datasets`;
  writeConfigs(datasets);
  const millrace = new Millrace(home, undefined, { MILLRACE_DATASETS: datasets });
  const runs = {};
  await millrace.up();
  try {
    const servers = await findServers(millrace);
    for (const source of sources) runs[source.kind] = await loadOne(millrace, servers, source);
  } finally {
    await millrace.reset();
  }
  return runs;
}

async function loadOne(millrace, servers, { kind, directory, warm_directory }) {
  await millrace.runOnce(warm_directory, `warm_${kind}`);
  const { supervisor, services } = await millrace.status();
  const processes = {
    own: [...services.map(({ name, pid }) => [name, pid]), ['supervisor', supervisor?.pid], ['broker', servers.broker]],
    families: [['postgres', servers.postgres]],
    children: 'run command',
  };
  const { result, cpu_seconds, seconds, wal_bytes } = await withWal(servers.database_url, () =>
    measure(processes, () => millrace.runOnce(directory, `plain_${kind}`)),
  );
  await millrace.requireSame(services);
  return {
    seconds: result.result.seconds,
    command_seconds: seconds,
    cpu_seconds,
    peak_rss_bytes: Object.fromEntries(services.map(({ instance, pid }) => [instance, peakRssBytes(pid)])),
    wal_bytes,
    contents: await contentsOf(servers.database_url, kind),
  };
}

/** @param {string} home @param {import('./kinds.mjs').Source[]} sources @param {string} python */
export function loadByPolars(home, sources, python) {
  return withPostgres(home, async ({ database_url, postgres }) => {
    const load = (kind, table, file) =>
      runPeer(python, 'polars_plain.py', [kind, '--database-url', database_url, '--table', table, file]);
    const runs = {};
    for (const { kind, file, warm_file } of sources) {
      await load(kind, `warm_${kind}`, warm_file);
      const { result, cpu_seconds, wal_bytes } = await withWal(database_url, () =>
        measure({ families: [['postgres', postgres]] }, () => load(kind, `plain_${kind}`, file)),
      );
      runs[kind] = {
        seconds: result.seconds,
        cpu_seconds: { polars: result.cpu_seconds, ...cpu_seconds },
        peak_rss_bytes: { polars: result.peak_rss_bytes },
        wal_bytes,
        contents: await contentsOf(database_url, kind),
      };
    }
    return runs;
  });
}
