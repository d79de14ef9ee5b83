#!/usr/bin/env node
/**
 * What each step of a row's way costs by itself, on chunks of dirty sales: no Kafka, no PostgreSQL.
 *
 *     node bench/steps.mjs [--rows 100000] [--runs 11] [--only parse,clean] [--checkout DIR] [--json]
 *
 * In a process with the services' flags, all steps are warmed up first and then take turns, so that what the machine does meanwhile falls on all of them. `--checkout` measures the
 * built code of another checkout with the same bench and the same data. A step that it does not have is left out, with a note.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { median, spread } from './steps/src/statistics.mjs';
import { StepProcess } from './steps/src/step-process.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '11' },
    only: { type: 'string' },
    checkout: { type: 'string', default: join(import.meta.dirname, '..') },
    json: { type: 'boolean', default: false },
  },
});

async function measureAll(process, repetitions) {
  const names = Object.keys(process.steps);
  const samples = new Map(names.map((name) => [name, []]));
  for (let turn = 0; turn < repetitions; turn++) {
    for (const name of names) samples.get(name).push(await process.sample(name));
  }
  const results = {};
  for (const name of names) {
    const cpu = samples.get(name);
    results[name] = {
      ...process.steps[name],
      rows_per_cpu_second: 1e6 / median(cpu),
      spread: spread(cpu),
      cpu_seconds_per_million: median(cpu),
      samples: cpu,
    };
  }
  return results;
}

const number = (value, digits = 0) =>
  value === null
    ? '-'
    : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function render({ rows, chunks, repetitions, steps }) {
  const line = (name, ...cells) => name.padEnd(16) + cells.map((cell) => cell.padStart(14)).join('');
  return [
    `${number(rows)} rows in ${chunks} chunks, medians of ${repetitions} interleaved repetitions`,
    line('', 'rows/CPU s', 'spread', 'CPU s/1M', 'heap B/row', 'buffers B/row'),
    ...Object.entries(steps).map(([name, step]) => {
      const { rows_per_cpu_second, spread, cpu_seconds_per_million, heap_bytes_per_row, buffer_bytes_per_row } = step;
      const cells = [
        number(rows_per_cpu_second),
        `+-${number(spread * 100, 1)} %`,
        number(cpu_seconds_per_million, 3),
        number(heap_bytes_per_row, 1),
        number(buffer_bytes_per_row, 1),
      ];
      return `${line(name, ...cells)}   ${step.what}`;
    }),
  ].join('\n');
}

const repetitions = Number(options.runs);
const measuring = await StepProcess.start(resolve(options.checkout), {
  rows: Number(options.rows),
  only: options.only,
});
try {
  const { rows, chunks } = measuring;
  const result = { rows, chunks, repetitions, steps: await measureAll(measuring, repetitions) };
  console.log(options.json ? JSON.stringify(result) : render(result));
} finally {
  measuring.close();
}
