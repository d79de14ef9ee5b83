#!/usr/bin/env node
/**
 * The Pollock benchmark (https://github.com/HPI-Information-Systems/Pollock): 2,290 polluted versions of one CSV file, read by
 * `millrace peek`, once told how each is to be read and once on its own, and scored with a port of the benchmark's own measures.
 *
 *     node bench/pollock.mjs DIR [--strict] [--worst 15] [--keep DIR] [--loading DIR] [--json]
 *
 * DIR is a checkout of the benchmark with polluted_files/{csv,clean,parameters} and pollock_weights.json. --strict scores what a dataset would
 * keep. --loading scores what another system has loaded instead (a `results/<system>/polluted_files/loading` of the checkout). --keep keeps
 * what peek wrote, in DIR/with and DIR/without.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MEASURES, measure } from './pollock/metrics.mjs';

/** Simple and weighted score as the benchmark publishes them (its README; DuckDB's are of 2025). */
const PUBLISHED = /** @type {const} */ ([
  ['DuckDB 1.2', 9.961, 9.599],
  ['SQLite 3.39.0', 9.955, 9.375],
  ['UniVocity 2.9.1', 9.939, 7.936],
  ['SpreadDesktop', 9.929, 9.597],
  ['LibreOffice Calc 7.3.6', 9.925, 7.833],
  ['Pandas 1.4.3', 9.895, 9.431],
  ['SpreadWeb', 9.721, 9.431],
  ['Python native csv 3.10.5', 9.721, 9.436],
  ['MySQL 8.0.31', 9.587, 7.484],
  ['CleverCSV 0.7.4 (detects)', 9.193, 9.453],
  ['DuckDB 1.2 (detects)', 9.075, 8.439],
]);

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    worst: { type: 'string', default: '15' },
    keep: { type: 'string' },
    loading: { type: 'string' },
    millrace: { type: 'string', default: join(import.meta.dirname, '../apps/cli/bin/millrace.js') },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

/** @typedef {{ file: string, measures: number[], score: number }} FileScore */

/** @param {string} root @param {string} loading @returns {FileScore[]} */
function scoreAll(root, loading) {
  return readdirSync(join(root, 'polluted_files/csv')).map((file) => {
    const loaded = join(loading, `${file}_converted.csv`);
    const clean = readFileSync(join(root, 'polluted_files/clean', file), 'utf8');
    const measures = existsSync(loaded) ? measure(clean, readFileSync(loaded, 'utf8')) : MEASURES.map(() => 0);
    return { file, measures, score: measures.reduce((sum, value) => sum + value, 0) };
  });
}

/** @param {FileScore[]} files @param {Record<string, number>} weights */
function total(files, weights) {
  const weight = files.reduce((sum, { file }) => sum + (weights[file] ?? 0), 0);
  const simple = files.reduce((sum, { score }) => sum + score, 0) / files.length;
  const weighted = files.reduce((sum, { file, score }) => sum + score * (weights[file] ?? 0), 0) / weight;
  return { simple, weighted };
}

/** @param {string} root @param {string} out @param {string[]} more @returns {number} seconds */
function peek(root, out, more) {
  mkdirSync(out, { recursive: true });
  const csv = join(root, 'polluted_files/csv');
  const files = readdirSync(csv).map((file) => join(csv, file));
  const begun_at = performance.now();
  const args = [options.millrace, 'peek', ...files, '--out', out, '--suffix', '_converted.csv', '--quiet', ...more];
  if (options.strict) args.push('--strict');
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) console.error(`millrace peek ended with ${status}`);
  return (performance.now() - begun_at) / 1000;
}

/** `row_less_sep_row12_col3.csv` is one of `row_less_sep_row*_col*`. @param {FileScore[]} files @param {Record<string, number>} weights */
function lossByGroup(files, weights) {
  const weight = files.reduce((sum, { file }) => sum + (weights[file] ?? 0), 0);
  const groups = new Map();
  for (const { file, score } of files) {
    const name = file.startsWith('row_') ? file.replace(/(row|quote|delimiter_|col)\d+/g, '$1*') : file;
    const group = groups.get(name) ?? { group: name, files: 0, simple: 0, weighted: 0 };
    group.files++;
    group.simple += (10 - score) / files.length;
    group.weighted += ((10 - score) * (weights[file] ?? 0)) / weight;
    groups.set(name, group);
  }
  return [...groups.values()].filter((group) => group.simple > 1e-9).sort((a, b) => b.simple - a.simple);
}

/** @param {string} name @param {FileScore[]} files @param {Record<string, number>} weights */
function printLosses(name, files, weights) {
  console.log(`\n${name}: where points are lost (of 10)`);
  for (const { group, files: count, simple, weighted } of lossByGroup(files, weights).slice(0, Number(options.worst))) {
    console.log(
      `  ${group.padEnd(42)} ${String(count).padStart(4)} files  simple ${simple.toFixed(5)}  weighted ${weighted.toFixed(5)}`,
    );
  }
  const worst = [...files].sort((a, b) => a.score - b.score).slice(0, Number(options.worst));
  console.log(`${name}: the worst files`);
  for (const { file, measures, score } of worst) {
    const low = MEASURES.map((measure_name, index) => ({ measure_name, value: measures[index] })).filter(
      ({ value }) => value < 1,
    );
    const details = low.map(({ measure_name, value }) => `${measure_name} ${value.toFixed(3)}`).join(', ');
    console.log(`  ${file.padEnd(42)} ${score.toFixed(3)}  ${details}`);
  }
}

function main() {
  const root = positionals[0];
  if (root === undefined || !existsSync(join(root, 'polluted_files/csv'))) {
    console.error('usage: node bench/pollock.mjs DIR   (a checkout of the Pollock benchmark)');
    process.exit(3);
  }
  /** @type {Record<string, number>} */
  const weights = JSON.parse(readFileSync(join(root, 'pollock_weights.json'), 'utf8'));
  if (options.loading !== undefined) {
    const files = scoreAll(root, options.loading);
    if (options.json) return console.log(JSON.stringify({ ...total(files, weights), files }));
    console.log({ files: files.length, ...total(files, weights) });
    return printLosses(options.loading, files, weights);
  }
  const out = options.keep ?? mkdtempSync(join(tmpdir(), 'pollock-'));
  const runs = [
    { name: 'Millrace', directory: 'with', more: ['--dialect', join(root, 'polluted_files/parameters')] },
    { name: 'Millrace (detects)', directory: 'without', more: [] },
  ].map(({ name, directory, more }) => {
    const seconds = peek(root, join(out, directory), more);
    const files = scoreAll(root, join(out, directory));
    return { name, seconds, files, ...total(files, weights) };
  });
  if (options.keep === undefined) rmSync(out, { recursive: true });
  if (options.json) return console.log(JSON.stringify({ runs }));
  const table = [...runs.map(({ name, simple, weighted }) => [name, simple, weighted]), ...PUBLISHED];
  console.log(`${'system'.padEnd(28)} simple  weighted   (of 10; those of others as published)`);
  for (const [name, simple, weighted] of table.sort((a, b) => Number(b[1]) - Number(a[1]))) {
    console.log(
      `${String(name).padEnd(28)} ${Number(simple).toFixed(3).padStart(6)}  ${Number(weighted).toFixed(3).padStart(8)}`,
    );
  }
  for (const { name, seconds, files } of runs) {
    console.log(`${name}: ${files.length} files in ${seconds.toFixed(1)} s`);
  }
  for (const { name, files } of runs) printLosses(name, files, weights);
}

main();
