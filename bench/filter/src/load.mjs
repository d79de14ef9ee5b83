/**
 * One load of the deduper's filter in a process of its own: all that the deduper does with a silver message but its way through
 * Kafka. Prints one JSON object. Started by ../../filter.mjs.
 *
 *     node bench/filter/src/load.mjs CHECKOUT KEYS random|rising
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keys } from './keys.mjs';

const PARTS = 8;
/** A sales chunk of 1 MiB holds some 12,500 rows: what one of 8 parts gets of it, and bytes a row behind the hashes. */
const BATCH_ROWS = 1536;
const BODY_BYTES_PER_ROW = 32;
const PLAN = '00000000000000aa';
const WARMUP_KEYS = 1_000_000;

const [checkout, keys_text, order] = process.argv.slice(2);
const dist = (path) => import(join(checkout, path));
// The whole service is loaded, so that resident memory is that of a deduper.
await dist('apps/deduper/dist/deduper.module.js');
const contracts = await dist('libs/contracts/dist/index.js');
const columnar = await dist('libs/columnar/dist/index.js');
const { readEnvironment } = await dist('libs/telemetry/dist/index.js');
const { DEDUPER_VARIABLES } = await dist('apps/deduper/dist/environment.js');
const { firstLog2BlocksOf, KeyFilter } = await dist('apps/deduper/dist/filter/key-filter.js');
const { MemoryBudget } = await dist('apps/deduper/dist/filter/memory-budget.js');
const { readBatch } = await dist('apps/deduper/dist/steps/read-batch.js');
const { screenBatch } = await dist('apps/deduper/dist/steps/screen-batch.js');
const { forwardBatch } = await dist('apps/deduper/dist/steps/forward-batch.js');
const { SnapshotStore } = await dist('apps/deduper/dist/snapshot/snapshot-store.js');

const plans = new Map([[PLAN, { name: 'sales', fingerprint: PLAN, parts: PARTS }]]);

/** A silver message whose hashes can be replaced: made once by the contract itself, so that no layout is assumed here. */
class Message {
  constructor(part) {
    const hashes = new Uint32Array(2 * BATCH_ROWS).map((_, index) => Math.imul(index + 1, 0x9e3779b1));
    const identity = { source: 1, chunk: 1, plan: PLAN, slot: part, parts: PARTS };
    const body = Buffer.alloc(BODY_BYTES_PER_ROW * BATCH_ROWS);
    for (let at = 0; at < body.length; at++) body[at] = Math.imul(at + 1, 0x9e3779b1) >>> 24;
    this.value = contracts.encodeBatch({ ...identity, rows: BATCH_ROWS, first_record: 1, hashes }, body);
    this.hashes_at = this.value.indexOf(Buffer.from(hashes.buffer));
    this.envelope = contracts.openEnvelope(this.value, [contracts.KIND.batch]);
  }

  with(hashes) {
    Buffer.from(hashes.buffer).copy(this.value, this.hashes_at);
    contracts.sealEnvelope(this.value, this.envelope, contracts.CONTRACT.newest);
    return this.value;
  }
}

const messages = Array.from({ length: PARTS }, (_, part) => new Message(part));

function newFilters() {
  const budget = new MemoryBudget(readEnvironment(DEDUPER_VARIABLES).MILLRACE_FILTER_MAX_BYTES);
  return messages.map(() => new KeyFilter(budget, undefined, firstLog2BlocksOf(PARTS)));
}

/** What DeduperFlow.screen does. @returns {number} suspects */
function screen(filters, value, part) {
  const batch = readBatch(value, part, 'sales', plans);
  const screened = screenBatch(batch, filters[part], true);
  const output = forwardBatch('sales', part, value, batch, screened);
  if (output.value.length === 0) throw new Error('nothing to pass on');
  return screened.suspect_rows;
}

/** Adds up what `rows` rows cost. Keys are made between the clocks' stops. */
function load(filters, keys, rows) {
  let seconds = 0;
  let cpu_us = 0;
  let suspects = 0;
  let done = 0;
  for (; done < rows; done += BATCH_ROWS) {
    const { part, hashes } = keys.take();
    const value = messages[part].with(hashes);
    const started = performance.now();
    const before = process.cpuUsage();
    suspects += screen(filters, value, part);
    const { user, system } = process.cpuUsage(before);
    seconds += (performance.now() - started) / 1000;
    cpu_us += user + system;
  }
  return { rows: done, seconds, cpu_seconds: cpu_us / 1e6, suspects };
}

function statusBytes(field) {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return match ? Number(match[1]) * 1024 : process.memoryUsage.rss();
}

async function timed(work) {
  const started = performance.now();
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, seconds: (performance.now() - started) / 1000, cpu_seconds: (user + system) / 1e6 };
}

async function snapshots(filters) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-filter-'));
  try {
    const store = new SnapshotStore(root, 'deduper-1', (path, reason) => {
      throw new Error(`${path}: ${reason}`);
    });
    const identities = filters.map((_, partition) => ({
      plan: PLAN,
      cluster: 'bench',
      topic: 'silver.sales',
      partition,
    }));
    const save = await timed(async () => {
      let size_bytes = 0;
      for (const [part, filter] of filters.entries()) {
        size_bytes += await store.save(identities[part], 1n, filter.generations);
      }
      return size_bytes;
    });
    const loading = await timed(async () => {
      for (const [part, filter] of filters.entries()) {
        const loaded = await store.load(identities[part], 1n);
        const keys = loaded.generations.reduce((sum, generation) => sum + generation.keys, 0);
        if (keys !== filter.keys) throw new Error(`loaded ${keys} keys of ${filter.keys}`);
      }
    });
    const cost = ({ seconds, cpu_seconds }) => ({ seconds, cpu_seconds });
    return { size_bytes: save.result, save: cost(save), load: cost(loading) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Most of a fresh process's time is V8's compiler: a service has that behind it. */
load(newFilters(), new Keys(columnar, order, PARTS, BATCH_ROWS), WARMUP_KEYS);

const filters = newFilters();
const keys = new Keys(columnar, order, PARTS, BATCH_ROWS);
const most = load(filters, keys, Math.round(Number(keys_text) * 0.9));
const last = load(filters, keys, Math.round(Number(keys_text) * 0.1));
const loaded = { rss_bytes: statusBytes('VmRSS'), peak_rss_bytes: statusBytes('VmHWM') };
const filter_bytes = filters.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
const generations = filters[0].generations.length;
const saturated = filters.some((filter) => filter.saturated);
const snapshot = await snapshots(filters);
// Asking adds, so these are few against what is there: first keys that nobody added, then the very first ones.
const probed = load(filters, keys, Math.min(1_000_000, Number(keys_text) / 20));
const known = load(filters, new Keys(columnar, order, PARTS, BATCH_ROWS), Math.min(1_000_000, Number(keys_text) / 2));

const rows = most.rows + last.rows;
console.log(
  JSON.stringify({
    keys: rows,
    order,
    rows_per_second: rows / (most.seconds + last.seconds),
    cpu_seconds_per_million: ((most.cpu_seconds + last.cpu_seconds) / rows) * 1e6,
    last_tenth: {
      rows_per_second: last.rows / last.seconds,
      cpu_seconds_per_million: (last.cpu_seconds / last.rows) * 1e6,
    },
    ...loaded,
    filter_bytes,
    bytes_per_key: filter_bytes / rows,
    generations,
    saturated,
    false_suspects: {
      while_loading: (most.suspects + last.suspects) / rows,
      at_the_end: probed.suspects / probed.rows,
    },
    missed: known.rows - known.suspects,
    snapshot,
  }),
);
