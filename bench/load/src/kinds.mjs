/** The two plain loads: their configs, their files, and what tells whether a table holds the rows of a file. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '@millrace/dataset';
import { quote } from '@millrace/postgres';
import { withDatabase } from '../../measure/servers.mjs';
import { runPeer } from '../../peers/python.mjs';

export const KINDS = ['csv', 'parquet'];
const CONFIGS = join(import.meta.dirname, '..');

export const configOf = (kind) => join(CONFIGS, `${kind}.yaml`);

/** Writes both configs into a directory, and each once more for warming up, under the name `warm_<kind>`. */
export function writeConfigs(directory) {
  mkdirSync(directory);
  for (const kind of KINDS) {
    const text = readFileSync(configOf(kind), 'utf8');
    writeFileSync(join(directory, `plain_${kind}.yaml`), text);
    writeFileSync(join(directory, `warm_${kind}.yaml`), text.replaceAll(`plain_${kind}`, `warm_${kind}`));
  }
}

/**
 * @typedef {{ kind: string, rows: number, file: string, directory: string, warm_file: string, warm_directory: string, columns: number,
 *   size_bytes: number }} Source
 * @param {string} home @param {string} python @param {string} kind @param {number} rows
 * @returns {Promise<Source>} a file of so many rows, and one of a quarter for warming up
 */
export async function makeSource(home, python, kind, rows) {
  const [directory, warm_directory] = ['plain', 'warm'].map((name) => join(home, `${name}-${kind}`));
  for (const path of [directory, warm_directory]) mkdirSync(path);
  const [file, warm_file] = [join(directory, `plain.${kind}`), join(warm_directory, `warm.${kind}`)];
  const { columns } = await runPeer(python, 'make_plain.py', [kind, '0', String(rows), file]);
  await runPeer(python, 'make_plain.py', [kind, String(rows), String(Math.ceil(rows / 4)), warm_file]);
  return { kind, rows, file, directory, warm_file, warm_directory, columns, size_bytes: statSync(file).size };
}

/** Rows and a digest of the columns of the config that does not depend on their order. @returns {Promise<string>} */
export function contentsOf(url, kind) {
  const { columns, table } = loadPlan(configOf(kind));
  const texts = columns.map(({ name, postgres_type }) => {
    const text = postgres_type === 'numeric' ? `trim_scale(${quote(name)})::text` : `${quote(name)}::text`;
    return `coalesce(${text}, '\\N')`;
  });
  const line = `concat_ws(chr(31), ${texts.join(', ')})`;
  const sql = `select count(*) || ' rows, digest ' || sum(hashtextextended(${line}, 0)::numeric) as contents from public.${quote(table)}`;
  return withDatabase(url, async (database) => (await database.query(sql))[0].contents);
}
