#!/usr/bin/env node
/**
 * Runs all benches, one after the other, keeps what each printed in bench/results/ and writes docs/performance.md from that.
 *
 *     npm run bench:report -- [--only live,growth] [--render] [--small] [--results DIR] [--page FILE]
 *
 * `--only` runs some and keeps the results of the others; `--render` runs none. `--small` takes loads that only show that all works:
 * never for the page of the project, so it wants another directory and page. A whole report takes an hour or so and 20 GB of disk: leave the machine alone meanwhile.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseBenches } from './report/src/benches.mjs';
import { currentCommit, describeMachine } from './report/src/machine.mjs';
import { renderPage } from './report/src/page.mjs';
import { readResults, writeResult } from './report/src/results.mjs';
import { runBench } from './report/src/run-bench.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    render: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
    results: { type: 'string' },
    page: { type: 'string' },
  },
});

const directory = resolve(options.results ?? join(import.meta.dirname, 'results'));
const page = resolve(options.page ?? join(import.meta.dirname, '../docs/performance.md'));
const note = (text) => process.stderr.write(`${text}\n`);

async function run(bench) {
  const args = options.small ? bench.small : bench.args;
  const command = `node bench/${[bench.script, ...args].join(' ')}`;
  note(`${bench.name}: ${command}`);
  const started = Date.now();
  const [commit, machine] = [currentCommit(), describeMachine()];
  // Where a profile's files lie is of this machine alone.
  const { directory: _, ...result } = await runBench(bench, args);
  const seconds = (Date.now() - started) / 1000;
  const taken_at = new Date(started).toISOString();
  writeResult(directory, { bench: bench.name, command, taken_at, seconds, commit, machine, result });
  note(`${bench.name}: ${seconds.toFixed(0)} s`);
}

/** @returns {Promise<string[]>} those that failed: they keep their former results */
async function runAll(benches) {
  const failed = [];
  for (const bench of benches) {
    await run(bench).catch((error) => {
      note(`${bench.name} failed: ${error.message}`);
      failed.push(bench.name);
    });
  }
  return failed;
}

if (options.small && !(options.results && options.page)) {
  note('--small needs --results and --page: its figures are not for docs/performance.md');
  process.exitCode = 2;
} else {
  const failed = options.render ? [] : await runAll(chooseBenches(options.only));
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, renderPage(readResults(directory)));
  note(`written: ${page}`);
  if (failed.length > 0) process.exitCode = 1;
}
