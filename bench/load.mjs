#!/usr/bin/env node
/**
 * Plain loads, clean files to a new table without a key: CSV with 5 columns and Parquet with 26, Millrace with its services up
 * beside polars and psycopg. Runs are interleaved in changing order; both tables must hold the same rows.
 *
 *     npm run bench:load -- [--rows 1000000] [--runs 3] [--only csv,parquet] [--json]
 *
 * Times are from the request of the scan, or the first read, to the commit of the last row. Ends with 1 when the tables differ.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KINDS, makeSource } from './load/src/kinds.mjs';
import { judge, render, resultOf } from './load/src/result.mjs';
import { loadByMillrace, loadByPolars } from './load/src/sides.mjs';
import { peerPython } from './peers/python.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: KINDS.join(',') },
    json: { type: 'boolean', default: false },
  },
});

const note = (text) => process.stderr.write(`${text}\n`);

async function runRound(home, python, sources, round) {
  const sides = {
    millrace: () => loadByMillrace(join(home, `millrace-${round}`), sources),
    polars: () => loadByPolars(join(home, `polars-${round}`), sources, python),
  };
  const names = Object.keys(sides);
  const found = {};
  for (const name of round % 2 ? names.toReversed() : names) {
    found[name] = await sides[name]();
    const told = Object.entries(found[name]).map(([kind, { seconds }]) => `${kind} ${seconds.toFixed(2)} s`);
    note(`run ${round + 1}: ${name} ${told.join(', ')}`);
  }
  return found;
}

/** @throws Error when the tables of any two runs differ */
function requireSameContents(kind, runs) {
  const contents = new Set(runs.map((run) => run.contents));
  if (contents.size !== 1) throw new Error(`the tables of ${kind} differ: ${[...contents].join('; ')}`);
}

async function main() {
  const python = await peerPython(note);
  // PostgreSQL runs as another user where we are root, and must be able to enter.
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  chmodSync(home, 0o755);
  try {
    const sources = [];
    for (const kind of options.only.split(','))
      sources.push(await makeSource(home, python, kind, Number(options.rows)));
    const rounds = [];
    for (let round = 0; round < Number(options.runs); round++)
      rounds.push(await runRound(home, python, sources, round));
    for (const { kind } of sources) {
      requireSameContents(
        kind,
        rounds.flatMap(({ millrace, polars }) => [millrace[kind], polars[kind]]),
      );
    }
    const result = resultOf(sources, rounds);
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
