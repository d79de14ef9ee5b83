#!/usr/bin/env node
/**
 * A steady live producer: how long from a row's request or message to the commit of the row and of its share of gold.
 *
 *     npm run bench:live -- [--rate 2000] [--seconds 30] [--json]
 *
 * Over HTTP and over Kafka, each after a warm-up; times are those of `millrace_freshness_seconds`, of the oldest row in each
 * batch, and lie within the histogram's buckets.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Millrace } from './measure/millrace.mjs';

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
  },
});

const BUCKET = /^millrace_freshness_seconds_bucket\{le="([^"]+)",dataset="sales"\} (\d+)$/gm;
const WARM_UP_S = 5;

/** @returns {Promise<Map<number, number>>} by upper bound in seconds, how many batches took at most that */
async function readBuckets(millrace) {
  const { services } = await millrace.status();
  const sums = new Map();
  for (const { port } of services.filter(({ name }) => name === 'aggregator')) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const [, bound, count] of text.matchAll(BUCKET)) {
      const seconds = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
      sums.set(seconds, (sums.get(seconds) ?? 0) + Number(count));
    }
  }
  return sums;
}

/** The bucket that a quantile lies in: its upper bound, in milliseconds. */
function boundOf(before, after, quantile) {
  const counts = [...after]
    .map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)])
    .sort(([a], [b]) => a - b);
  const all = counts.at(-1)?.[1] ?? 0;
  return (counts.find(([, count]) => count >= quantile * all)?.[0] ?? Number.NaN) * 1000;
}

async function measure(millrace, via) {
  const pace = ['--rate', options.rate, `--${via}`];
  await millrace.produce([...pace, '--for', `${WARM_UP_S}s`]);
  await sleep(2000);
  const before = await readBuckets(millrace);
  const { rows_per_second } = await millrace.produce([...pace, '--for', `${options.seconds}s`]);
  await sleep(2000);
  const after = await readBuckets(millrace);
  return { via, rows_per_second, p50_ms: boundOf(before, after, 0.5), p99_ms: boundOf(before, after, 0.99) };
}

const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
const millrace = new Millrace(home);
try {
  await millrace.up();
  for (const via of ['http', 'kafka']) {
    const result = await measure(millrace, via);
    if (options.json) console.log(JSON.stringify(result));
    else {
      const { rows_per_second, p50_ms, p99_ms } = result;
      console.log(
        `${via.padEnd(6)} ${rows_per_second} rows/s   committed within ${p50_ms} ms (p50), ${p99_ms} ms (p99)`,
      );
    }
  }
} finally {
  await millrace.reset().catch(() => {});
  rmSync(home, { recursive: true, force: true });
}
