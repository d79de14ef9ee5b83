#!/usr/bin/env node
/**
 * How cost grows: rows/s, CPU seconds per 1M rows and peak RSS of each service by the number of rows (keys rising and random),
 * by the instances of each stage, and by the number of files that the same rows come in. Every figure is one of end-to-end.mjs,
 * which checks each result against its answer key; the loads of one round follow each other, so that they meet the same machine.
 * Beside it, what a row leaves on disk.
 *
 *     npm run bench:growth -- [--sizes 1000000,5000000] [--keys rising,random] [--rows 1000000] [--files 10,1000]
 *                             [--only sizes,instances,files,disk] [--runs 1] [--json]
 *
 * `--rows` is the size for instances, files and disk.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { measureDisk } from './growth/src/disk.mjs';
import { factorPerTenfold, slope } from './growth/src/slope.mjs';
import { median } from './measure/report.mjs';

const exec = promisify(execFile);
const END_TO_END = join(import.meta.dirname, 'end-to-end.mjs');
const MIB = 1024 * 1024;
const STAGES = ['ingestor', 'cleaner', 'deduper', 'aggregator'];

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000000,5000000' },
    keys: { type: 'string', default: 'rising,random' },
    rows: { type: 'string', default: '1000000' },
    files: { type: 'string', default: '10,1000' },
    only: { type: 'string', default: 'sizes,instances,files,disk' },
    runs: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const numbers = (text) => text.split(',').map(Number);
const note = (text) => process.stderr.write(`${text}\n`);

/** What is compared: each load is its arguments and what it is told by in the result. */
const GROUPS = {
  sizes: () =>
    numbers(options.sizes).flatMap((rows) =>
      options.keys.split(',').map((keys) => ({ about: { rows, keys }, args: ['--rows', rows, '--keys', keys] })),
    ),
  instances: () =>
    [[], ...STAGES.map((stage) => [stage]), STAGES].map((doubled) => {
      const scale = doubled.map((stage) => `${stage}=2`).join(',');
      return { about: { doubled }, args: ['--rows', options.rows, ...(scale ? ['--scale', scale] : [])] };
    }),
  files: () =>
    numbers(options.files).map((files) => ({
      about: { files },
      args: ['--rows', options.rows, '--parts', files],
    })),
};

/** Peaks by service: of several instances, the highest. */
function peaksByService(peak_rss_bytes) {
  const peaks = {};
  for (const [instance, bytes] of Object.entries(peak_rss_bytes)) {
    const service = instance.replace(/-\d+$/, '');
    peaks[service] = Math.max(peaks[service] ?? 0, bytes);
  }
  return peaks;
}

async function run({ about, args }) {
  const all = [END_TO_END, '--only', 'millrace', '--runs', '1', '--json', ...args.map(String)];
  const { stdout } = await exec(process.execPath, all, { maxBuffer: 64 * MIB }).catch((error) => {
    // Memory beyond its bound ends it with 1, and is a figure like any other.
    if (error.stdout?.trim().startsWith('{')) return error;
    throw error;
  });
  const { millrace } = JSON.parse(stdout.trim().split('\n').at(-1));
  note(`${JSON.stringify(about)}: ${millrace.rows_per_second.toFixed(0)} rows/s`);
  return {
    rows_per_second: millrace.rows_per_second,
    cpu_seconds_per_million_rows: millrace.cpu_seconds_per_million_rows_total,
    cpu_seconds_by_process: millrace.cpu_seconds_per_million_rows,
    peak_rss_bytes: peaksByService(millrace.peak_rss_bytes),
  };
}

/** Medians of the runs of one load, field by field. */
function medians(runs) {
  const [first] = runs;
  if (typeof first === 'number') return median(runs);
  return Object.fromEntries(Object.keys(first).map((name) => [name, medians(runs.map((one) => one[name] ?? 0))]));
}

/** All loads of a group once, then all once more, so that none meets a better machine than the others. */
async function measure(loads) {
  const runs = loads.map(() => []);
  for (let round = 0; round < Number(options.runs); round++) {
    for (const [at, load] of loads.entries()) runs[at].push(await run(load));
  }
  return loads.map(({ about }, at) => ({ ...about, runs: runs[at].length, ...medians(runs[at]) }));
}

/** By keys: how much slower tenfold the rows are, and what memory another million costs. */
function slopes(sizes) {
  return [...Map.groupBy(sizes, ({ keys }) => keys)].map(([keys, loads]) => {
    const points = (of) => loads.map((load) => [load.rows, of(load)]);
    const services = Object.keys(loads[0].peak_rss_bytes);
    return {
      keys,
      rows_per_second_per_tenfold: factorPerTenfold(points((load) => load.rows_per_second)),
      cpu_seconds_per_tenfold: factorPerTenfold(points((load) => load.cpu_seconds_per_million_rows)),
      rss_bytes_per_million_rows: Object.fromEntries(
        services.map((name) => [name, slope(points((load) => load.peak_rss_bytes[name])) * 1e6]),
      ),
    };
  });
}

const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const names = {
  sizes: ({ rows, keys }) => `${number(rows)} rows, keys ${keys}`,
  instances: ({ doubled }) => (doubled.length ? `2 x ${doubled.join(', ')}` : '1 of each'),
  files: ({ files }) => `${number(files)} files`,
};

function printDisk({ raw_bytes_per_row, bytes_per_row }) {
  console.log(`bytes on disk for each row in, of ${number(raw_bytes_per_row, 1)} raw bytes`);
  for (const [name, bytes] of Object.entries(bytes_per_row))
    console.log(`  ${name.padEnd(46)}${number(bytes, 1).padStart(12)}`);
}

function print(result) {
  for (const [group, nameOf] of Object.entries(names)) {
    if (!result[group]) continue;
    console.log(
      `${group.padEnd(48)}${['rows/s', 'CPU s/1M', 'peak RSS in MiB'].map((name) => name.padStart(12)).join('')}`,
    );
    for (const load of result[group]) {
      const peaks = Object.entries(load.peak_rss_bytes).map(([name, bytes]) => `${name} ${number(bytes / MIB)}`);
      const figures = [number(load.rows_per_second), number(load.cpu_seconds_per_million_rows, 2)];
      console.log(
        `  ${nameOf(load).padEnd(46)}${figures.map((cell) => cell.padStart(12)).join('')}    ${peaks.join(', ')}`,
      );
    }
  }
  if (result.disk) printDisk(result.disk);
  for (const { keys, rows_per_second_per_tenfold, rss_bytes_per_million_rows } of result.slopes ?? []) {
    const memory = Object.entries(rss_bytes_per_million_rows).map(
      ([name, bytes]) => `${name} ${number(bytes / MIB, 1)}`,
    );
    console.log(
      `keys ${keys}: ${number(rows_per_second_per_tenfold, 2)} x rows/s for tenfold rows; MiB per further 1M rows: ${memory.join(', ')}`,
    );
  }
}

async function main() {
  const result = { rows: Number(options.rows) };
  for (const group of options.only.split(',')) {
    result[group] = group === 'disk' ? await measureDisk(result.rows) : await measure(GROUPS[group]());
  }
  if (result.sizes) result.slopes = slopes(result.sizes);
  if (options.json) console.log(JSON.stringify(result));
  else print(result);
}

await main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
