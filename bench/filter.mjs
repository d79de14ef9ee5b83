#!/usr/bin/env node
/**
 * The deduper's filter of keys by how many keys it holds: rows a second of one process and their CPU, memory, new keys that it
 * takes for known ones, and what a snapshot costs. As the deduper uses it: 8 parts, its default bound on memory, and all
 * that it does with a silver message (check, hashes, filter, bitmap, output) but Kafka.
 *
 *     node bench/filter.mjs [--keys 1000000,10000000,50000000] [--orders random,rising] [--runs 1]
 *         [--checkout DIR] [--node-options='...'] [--json]
 *
 * Rows a second are given twice: by the clock, and by CPU time, which is what a core of its own would do (other work on the machine does
 * not count; the target is judged by it). Every load runs in a process of its own, with the whole service loaded. Ends with 1 when a key that was added is not found, or
 * a target is missed at 50M random keys. Linux only: it reads /proc.
 */
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { median } from './steps/src/statistics.mjs';
import { SERVICE_FLAGS } from './steps/src/step-process.mjs';

const exec = promisify(execFile);
const LOAD = join(import.meta.dirname, 'filter/src/load.mjs');
const MIB = 1024 * 1024;
const TARGET = { keys: 50_000_000, rows_per_second: 2.5e6, cpu_seconds: 0.4, rss_mib: 256, false_suspects: 0.005 };

const { values: options } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000000,10000000,50000000' },
    orders: { type: 'string', default: 'random,rising' },
    runs: { type: 'string', default: '1' },
    checkout: { type: 'string', default: join(import.meta.dirname, '..') },
    'node-options': { type: 'string', default: SERVICE_FLAGS.join(' ') },
    json: { type: 'boolean', default: false },
  },
});

async function run(keys, order) {
  const flags = options['node-options'].split(' ').filter(Boolean);
  const { stdout } = await exec(process.execPath, [...flags, LOAD, resolve(options.checkout), String(keys), order]);
  return JSON.parse(stdout);
}

/** Medians of what is noisy; memory, suspects and misses are the worst of all runs. */
function combine(runs) {
  const middle = (of) => median(runs.map(of));
  const worst = (of) => Math.max(...runs.map(of));
  return {
    ...runs[0],
    runs: runs.length,
    rows_per_second: middle((run) => run.rows_per_second),
    rows_per_cpu_second: 1e6 / middle((run) => run.cpu_seconds_per_million),
    cpu_seconds_per_million: middle((run) => run.cpu_seconds_per_million),
    last_tenth: {
      rows_per_second: middle((run) => run.last_tenth.rows_per_second),
      cpu_seconds_per_million: middle((run) => run.last_tenth.cpu_seconds_per_million),
    },
    rss_bytes: worst((run) => run.rss_bytes),
    peak_rss_bytes: worst((run) => run.peak_rss_bytes),
    missed: worst((run) => run.missed),
  };
}

const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function render(loads) {
  const columns = [
    ['keys', (load) => number(load.keys)],
    ['order', (load) => load.order],
    ['rows/s', (load) => number(load.rows_per_second)],
    ['rows/CPU s', (load) => number(load.rows_per_cpu_second)],
    ['CPU s/1M', (load) => number(load.cpu_seconds_per_million, 3)],
    ['at the end', (load) => number(load.last_tenth.cpu_seconds_per_million, 3)],
    ['peak RSS MiB', (load) => number(load.peak_rss_bytes / MIB)],
    ['filter MiB', (load) => number(load.filter_bytes / MIB)],
    ['B/key', (load) => number(load.bytes_per_key, 2)],
    ['false susp. %', (load) => number(load.false_suspects.while_loading * 100, 3)],
    ['at the end %', (load) => number(load.false_suspects.at_the_end * 100, 3)],
    ['save CPU s', (load) => number(load.snapshot.save.cpu_seconds, 2)],
    ['save s', (load) => number(load.snapshot.save.seconds, 2)],
    ['load CPU s', (load) => number(load.snapshot.load.cpu_seconds, 2)],
  ];
  const widths = columns.map(([name], index) =>
    Math.max(name.length, ...loads.map((load) => columns[index][1](load).length)),
  );
  const padded = (cells) => cells.map((cell, index) => cell.padStart(widths[index] + 2)).join('');
  return [
    padded(columns.map(([name]) => name)),
    ...loads.map((load) => padded(columns.map(([, of]) => of(load)))),
  ].join('\n');
}

/** @returns {string[]} what is not reached at the target's load, if that was run */
function missedTargets(loads) {
  const load = loads.find(({ keys, order }) => order === 'random' && keys >= TARGET.keys);
  if (!load) return [];
  return [
    !(load.rows_per_cpu_second >= TARGET.rows_per_second) && `${number(load.rows_per_cpu_second)} rows/s`,
    !(load.cpu_seconds_per_million <= TARGET.cpu_seconds) && `${number(load.cpu_seconds_per_million, 3)} CPU s per 1M`,
    !(load.peak_rss_bytes <= TARGET.rss_mib * MIB) && `${number(load.peak_rss_bytes / MIB)} MiB`,
    !(load.false_suspects.at_the_end <= TARGET.false_suspects) &&
      `${number(load.false_suspects.at_the_end * 100, 3)} % false suspects`,
  ].filter(Boolean);
}

const loads = [];
for (const keys of options.keys.split(',').map(Number)) {
  for (const order of options.orders.split(',')) {
    const runs = [];
    for (let at = 0; at < Number(options.runs); at++) runs.push(await run(keys, order));
    loads.push(combine(runs));
  }
}
const misses = missedTargets(loads);
console.log(options.json ? JSON.stringify({ loads, target: TARGET, missed_targets: misses }) : render(loads));
if (!options.json && misses.length > 0)
  console.log(`targets missed at ${number(TARGET.keys)} random keys: ${misses.join(', ')}`);
if (misses.length > 0 || loads.some(({ missed }) => missed !== 0)) process.exitCode = 1;
