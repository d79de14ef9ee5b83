import { Command } from 'commander';
import pc from 'picocolors';
import { createKey, type KeyGrant, type KeyRow, listKeys, revokeKey, unknownDatasets } from '../keys/api-keys.js';
import { byteRate, datasetNames, keyId, keyName, lifetime, rowRate } from '../keys/options.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { formatCount } from '../screen/format.js';
import { formatTable, Painted } from '../screen/tables.js';
import { withDatabase } from '../with-database.js';

interface CreateOptions extends OutputOptions {
  name: string;
  dataset: string[];
  rowsPerSecond?: number;
  bytesPerSecond?: number;
  expires?: number;
  quiet?: boolean;
}

export function keysCommand(): Command {
  return new Command('keys')
    .description('API keys of the HTTP ingest: with none, only clients on the machine itself are served')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return new Command('create')
    .description('make a key, and print it this once: only its hash is kept')
    .requiredOption('--name <text>', 'whose it is, for lists and logs', keyName)
    .requiredOption('--dataset <name>', "a dataset that it is for ('*': all); several times for several", datasetNames)
    .option('--rows-per-second <n>', 'at most, at each ingestor (default: no limit)', rowRate)
    .option('--bytes-per-second <n>', 'at most, at each ingestor (default: no limit)', byteRate)
    .option('--expires <time>', 'valid for so long: 90d, 12h (default: until it is revoked)', lifetime)
    .option('--quiet', 'print nothing but the key')
    .option('--json', 'print JSON')
    .action(create);
}

async function create({ json, quiet, dataset, expires, ...options }: CreateOptions): Promise<void> {
  const grant: KeyGrant = {
    name: options.name,
    datasets: dataset,
    rows_per_second: options.rowsPerSecond ?? null,
    bytes_per_second: options.bytesPerSecond ?? null,
  };
  const { made, unknown } = await withDatabase(async (db) => ({
    unknown: await unknownDatasets(db, dataset),
    made: await createKey(db, grant, expires ?? null),
  }));
  if (unknown.length > 0 && !quiet)
    process.stderr.write(`Not known yet: ${unknown.join(', ')}. The key is for it when it comes.\n`);
  if (json) return printJson(made);
  if (quiet) return print(made.key);
  print(made.key);
  process.stderr.write(`${describeMade(made)}\n`);
}

/** On stderr: stdout has the key alone, for `> file` and `$( )`. */
function describeMade({ id, name, datasets, expires_at }: KeyRow): string {
  const scope = datasets.includes('*') ? 'all datasets' : datasets.join(', ');
  return [
    `Key ${id} (${name}) for ${scope}, ${expires_at ? `until ${expires_at.toISOString()}` : 'until it is revoked'}.`,
    'It is shown this once. Ingestors know it within 2 s; from now on every request needs a key.',
    `  curl -H "Authorization: Bearer $KEY" ...    npx millrace keys revoke ${id}`,
  ].join('\n');
}

function listCommand(): Command {
  return new Command('list')
    .description('the keys, without their secrets')
    .option('--json', 'print JSON')
    .action(async ({ json }: OutputOptions) => {
      const keys = await withDatabase(listKeys);
      if (json) return printJson({ keys });
      print(
        keys.length > 0 ? formatTable(keys.map(forPeople)) : 'No key: only clients on the machine itself are served.',
      );
    });
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('end a key: within 2 s no ingestor takes it any more')
    .argument('<id>', 'its id, or the key itself')
    .option('--json', 'print JSON')
    .action(async (text: string, { json }: OutputOptions) => {
      const id = keyId(text);
      const revoked = await withDatabase((db) => revokeKey(db, id));
      if (json) return printJson(revoked);
      const { name, now, revoked_at, left } = revoked;
      print(now ? `Revoked ${id} (${name})` : `${id} (${name}) was revoked at ${revoked_at.toISOString()}`);
      if (left === 0) print('No key is left: only clients on the machine itself are served, without one.');
    });
}

function forPeople({ id, name, datasets, rows_per_second, bytes_per_second, state, ...times }: KeyRow) {
  const colour = state === 'valid' ? pc.green : state === 'expired' ? pc.yellow : pc.dim;
  const rate = (value: number | null) => (value === null ? '' : formatCount(value));
  return {
    id,
    name,
    datasets: datasets.join(', '),
    state: new Painted(state, colour),
    'rows/s': rate(rows_per_second),
    'bytes/s': rate(bytes_per_second),
    created: day(times.created_at),
    expires: times.expires_at ? day(times.expires_at) : 'never',
    'last used': times.last_used_at ? minute(times.last_used_at) : 'never',
  };
}

const day = (date: Date): string => date.toISOString().slice(0, 10);
const minute = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')}Z`;
