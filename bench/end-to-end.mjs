#!/usr/bin/env node
/**
 * From dirty files to committed gold: Millrace, services up, beside what people use today (polars and psycopg) and beside the
 * floor (psql's \copy of the rows that are kept, clean already), on the same files, machine and PostgreSQL. Runs are
 * interleaved in changing order, and every result is checked against the answer key.
 *
 *     npm run bench -- [--rows 1000000] [--runs 3] [--keys rising|random] [--parts 4] [--scale cleaner=2,...]
 *                      [--only millrace,polars,floor,topics] [--cold] [--json]
 *
 * Times are from the request of the scan, or the first read, to the commit of the last row and of gold. One file more goes
 * through each before the clock starts. --cold instead measures whole commands from nothing running. Ends with 1 when a result
 * is wrong; a target that is missed is only told. Linux only: it reads /proc.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateSales } from '@millrace/testkit';
import { measureCold } from './end-to-end/src/cold.mjs';
import { render } from './end-to-end/src/render.mjs';
import { judge, resultOf } from './end-to-end/src/result.mjs';
import { runFloor, runMillrace, runPolars } from './end-to-end/src/sides.mjs';
import { measureTopicBytes } from './end-to-end/src/topic-bytes.mjs';
import { peerPython } from './peers/python.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    parts: { type: 'string', default: '4' },
    runs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    dup: { type: 'string', default: '0.03' },
    bad: { type: 'string', default: '0.03' },
    keys: { type: 'string', default: 'rising' },
    scale: { type: 'string' },
    only: { type: 'string', default: 'millrace,polars,floor,topics' },
    cold: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const SIDES = { millrace: runMillrace, polars: runPolars, floor: runFloor };
const wanted = new Set(options.only.split(','));
const note = (text) => process.stderr.write(`${text}\n`);

/** Each side once, on fresh servers; another one begins each time, so that none always meets the warmer machine. */
async function runRound(home, python, data, round) {
  const names = Object.keys(SIDES).filter((name) => wanted.has(name));
  const found = {};
  for (const name of names.map((_, at) => names[(at + round) % names.length])) {
    found[name] = await SIDES[name]({ home: join(home, name), scale: options.scale, python }, data);
    note(`run ${round + 1}: ${name} ${found[name].seconds.toFixed(2)} s`);
  }
  return found;
}

async function measureWarm(home, python, data) {
  const rounds = [];
  const runs = wanted.has('millrace') || wanted.has('polars') ? Number(options.runs) : 0;
  for (let round = 0; round < runs; round++) rounds.push(await runRound(home, python, data, round));
  const bySide = Object.keys(SIDES).map((name) => [name, rounds.flatMap((found) => found[name] ?? [])]);
  const topics = wanted.has('topics') ? await measureTopicBytes(join(home, 'topics'), data) : undefined;
  return { runs: rounds.length, ...resultOf(Object.fromEntries(bySide), data.answer), topics };
}

async function main() {
  const [rows, parts, seed, dup, bad] = ['rows', 'parts', 'seed', 'dup', 'bad'].map((name) => Number(options[name]));
  const { keys } = options;
  if (keys !== 'rising' && keys !== 'random') throw new Error('--keys is rising or random');
  const python = wanted.has('polars') ? await peerPython(note) : undefined;
  // PostgreSQL runs as another user where we are root, and must be able to enter.
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  chmodSync(home, 0o755);
  try {
    const directory = join(home, 'data');
    // The first file is for warming up.
    const all = Math.round((rows * (parts + 1)) / parts);
    note(`generating ${all} rows in ${directory}`);
    const answer = generateSales({ rows: all, parts: parts + 1, seed, dup, bad, style: keys, directory });
    const data = { directory, answer, clean_rows: join(home, 'clean.copy') };
    const found = options.cold
      ? { ...resultOf({}, answer), runs: 1, cold: await measureCold(home, { python, scale: options.scale }, data) }
      : await measureWarm(home, python, data);
    const result = { keys, ...found };
    result.targets = judge(result);
    console.log(options.json ? JSON.stringify(result) : render(result));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
