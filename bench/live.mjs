#!/usr/bin/env node
/**
 * A steady live producer: how long from the moment a row is handed to the client (a request over HTTP, a message to kcat) to
 * the commit of the transaction that made it, which is also that of its share of gold.
 *
 *     npm run bench:live -- [--rate 2000] [--seconds 30] [--warm-up 10] [--via http,kafka] [--json]
 *
 * Of each row, exactly: PostgreSQL notes the time of every commit (track_commit_timestamp). Each way runs on fresh servers;
 * after a warm-up all rows that are handed over within the measured seconds count, but those whose order is sent twice.
 * Where the time went is told by the timestamps of the stages' messages. Linux only: it reads /proc.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDatabase } from '@millrace/postgres';
import { meanFlush, readCommits, untilCommitted } from './live/src/commits.mjs';
import { HttpProducer } from './live/src/http-producer.mjs';
import { kafkaProducer } from './live/src/kafka-producers.mjs';
import { distribution } from './live/src/latency.mjs';
import { atPace } from './live/src/pace.mjs';
import { SentRows } from './live/src/sent-rows.mjs';
import { Services } from './live/src/services.mjs';
import { readStages } from './live/src/stages.mjs';
import { cpuSecondsOf, cpuSecondsOfFamily } from './measure/processes.mjs';

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '30' },
    'warm-up': { type: 'string', default: '10' },
    via: { type: 'string', default: 'http,kafka' },
    dup: { type: 'string', default: '0.03' },
    bad: { type: 'string', default: '0.03' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [rate, seconds, warm_up, dup, bad, seed] = ['rate', 'seconds', 'warm-up', 'dup', 'bad', 'seed'].map((name) =>
  Number(options[name]),
);

/** To note the time of each commit, and how long its flush took. */
const COMMIT_TIMES = { track_commit_timestamp: 'on', track_wal_io_timing: 'on' };

const note = (text) => process.stderr.write(`${text}\n`);

const mapValues = (object, of) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, of(value, name)]));

/** CPU seconds so far, by name. */
function cpuSeconds(processes) {
  const all = {};
  for (const [name, pid] of processes) {
    const spent = name === 'postgres' ? cpuSecondsOfFamily(pid) : cpuSecondsOf(pid);
    all[name] = (all[name] ?? 0) + spent;
  }
  return all;
}

/** Warm-up, then the measured seconds, without a pause in between. */
async function send(producer, services) {
  const pace = (length) => ({ rows_per_second: rate, seconds: length, batch_rows: producer.batch_rows });
  const hand = (rows) => producer.hand(rows);
  const processes = await services.processes();
  await atPace(pace(warm_up), hand);
  const [before, turns_before] = [cpuSeconds(processes), await services.turns()];
  const from_ms = Date.now();
  const late_ms = await atPace(pace(seconds), hand);
  const to_ms = Date.now();
  const [after, turns] = [cpuSeconds(processes), await services.turns()];
  await producer.settled();
  const cpu_cores = mapValues(after, (spent, name) => (spent - before[name]) / ((to_ms - from_ms) / 1000));
  const turn_ms = mapValues(turns, ({ seconds: spent, count }, name) => {
    const former = turns_before[name];
    return ((spent - former.seconds) / (count - former.count)) * 1000;
  });
  return { from_ms, to_ms, late_ms, cpu_cores, turn_ms };
}

async function measure(via, services) {
  const sent = new SentRows({ seed, dup, bad });
  const producer =
    via === 'http' ? new HttpProducer(services.ingest_url, sent, rate) : kafkaProducer(services.kafka_brokers, sent);
  let window;
  try {
    window = await send(producer, services);
  } finally {
    await producer.close();
  }
  const database = await openDatabase(services.database_url, { role: 'bench', max: 1 });
  try {
    await untilCommitted(database, sent.handed_ms);
    const rows = await readCommits(database);
    for (const row of rows) row.handed_ms = sent.handed_ms.get(row.order_id);
    const measured = rows.filter(({ handed_ms }) => handed_ms >= window.from_ms && handed_ms < window.to_ms);
    return {
      via,
      client: producer.client,
      rows_per_second: (rate * seconds) / ((window.to_ms - window.from_ms) / 1000),
      ...distribution(measured.map(({ handed_ms, committed_ms }) => committed_ms - handed_ms)),
      flush_ms: await meanFlush(database),
      producer_late_ms: window.late_ms,
      cpu_cores: window.cpu_cores,
      turn_ms: window.turn_ms,
      stages: await readStages(services.kafka_brokers, measured),
    };
  } finally {
    await database.close();
  }
}

async function measureFresh(via) {
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  // PostgreSQL runs as another user where we are root, and must be able to enter.
  chmodSync(home, 0o755);
  const services = new Services(home);
  try {
    note(`${via}: starting servers and services`);
    await services.start(COMMIT_TIMES);
    note(`${via}: ${rate} rows/s for ${warm_up} + ${seconds} s`);
    return await measure(via, services);
  } finally {
    await services.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

const ms = (value) => `${value.toFixed(0)} ms`.padStart(9);

function print({ via, client, rows_per_second, count, cpu_cores, turn_ms, stages, ...all }) {
  const line = (name, { mean_ms, p50_ms, p95_ms, p99_ms, max_ms }) =>
    `  ${name.padEnd(34)}${[mean_ms, p50_ms, p95_ms, p99_ms, max_ms].map(ms).join('')}`;
  const cores = Object.entries(cpu_cores).map(([name, value]) => `${name} ${value.toFixed(2)}`);
  console.log(`${via} (${client}): ${rows_per_second.toFixed(0)} rows/s, ${count} rows measured`);
  console.log(`  ${''.padEnd(34)}${['mean', 'p50', 'p95', 'p99', 'max'].map((name) => name.padStart(9)).join('')}`);
  console.log(line('hand-over to commit', all));
  console.log(line('  ingest: hand-over to bronze', stages.parts.ingest));
  console.log(line('  clean: bronze to silver', stages.parts.clean));
  console.log(line('  screen: silver to screened', stages.parts.screen));
  console.log(line('  apply: screened to commit', stages.parts.apply));
  console.log(
    `  ${stages.chunks} chunks, ${stages.transactions} transactions; a flush of the log took ${all.flush_ms.toFixed(1)} ms`,
  );
  const turns = Object.entries(turn_ms).map(([name, value]) => `${name} ${value.toFixed(1)} ms`);
  console.log(`  of that, at work on one message (aggregator: on one transaction), in the mean: ${turns.join(', ')}`);
  console.log(`  producer at most ${all.producer_late_ms.toFixed(0)} ms late; cores busy: ${cores.join(', ')}`);
}

async function main() {
  const results = [];
  for (const via of options.via.split(',')) results.push(await measureFresh(via));
  if (options.json) console.log(JSON.stringify({ rate, seconds, warm_up, dup, bad, seed, results }));
  else for (const result of results) print(result);
}

await main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
