#!/usr/bin/env node
/**
 * The yardstick: what an expert would write in one process, without Kafka. It parses, cleans and deduplicates in memory,
 * COPYs to a temporary table, inserts ON CONFLICT DO NOTHING, commits every 50,000 rows, and makes gold by three
 * INSERT ... SELECT ... GROUP BY. It keeps no books and survives no crash. Its result must equal the answer key.
 *
 *     node bench/reference.mjs --directory DIR --database-url URL [--json] [--no-check]
 *
 * The database must be empty. Prints seconds from the first read to the commit of gold, CPU seconds and peak memory of
 * this process. Ends with 1 when the result is wrong.
 */
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ANSWER_FILE, expectTables, listSalesFiles } from '@millrace/testkit';
import pg from 'pg';
import { SaleCleaner } from './reference/clean.mjs';
import { Loader } from './reference/load.mjs';
import { RecordParser } from './reference/parse.mjs';

const BATCH_ROWS = 50_000;
const READ_BYTES = 1 << 20;
/** Lines that wait as a string: longer ones outlive the young generation of the heap, piece by piece. */
const STRING_ROWS = 512;

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string' },
    'database-url': { type: 'string' },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

/** Loads one file after the other. */
class Run {
  counts = { rows_in: 0, written: 0, duplicates: 0, rejected: 0, skipped: 0 };
  #seen = new Set();
  #lines = '';
  /** @type {Buffer[]} */
  #blocks = [];
  #waiting = 0;

  /** @param {Loader} loader */
  constructor(loader) {
    this.loader = loader;
  }

  /** @param {string} path @param {number} source */
  async readFile(path, source) {
    let cleaner;
    let record = 0;
    const parser = new RecordParser((fields) => {
      if (cleaner === undefined) {
        cleaner = new SaleCleaner(fields ?? []);
        parser.skipped = 0;
        return;
      }
      record += 1;
      this.#take(cleaner, fields, source, record);
    });
    for await (const bytes of createReadStream(path, { highWaterMark: READ_BYTES })) {
      parser.push(bytes, false);
      if (this.#waiting >= BATCH_ROWS) await this.#flush();
    }
    parser.push(Buffer.alloc(0), true);
    this.counts.skipped += parser.skipped;
  }

  async finish() {
    await this.#flush();
    await this.loader.finish();
  }

  #take(cleaner, fields, source, record) {
    this.counts.rows_in += 1;
    const key = fields === null ? undefined : cleaner.keyOf(fields);
    const rest = key === undefined ? undefined : cleaner.restOf(fields);
    if (rest === undefined) {
      this.counts.rejected += 1;
      return;
    }
    const known = this.#seen.size;
    if (this.#seen.add(key).size === known) {
      this.counts.duplicates += 1;
      return;
    }
    this.counts.written += 1;
    this.#lines += `${key}\t${rest}\t${source}\t${record}\n`;
    this.#waiting += 1;
    if (this.#waiting % STRING_ROWS === 0) this.#closeBlock();
  }

  #closeBlock() {
    this.#blocks.push(Buffer.from(this.#lines));
    this.#lines = '';
  }

  async #flush() {
    this.#closeBlock();
    const blocks = this.#blocks;
    this.#blocks = [];
    this.#waiting = 0;
    await this.loader.load(blocks);
  }
}

async function main() {
  const { directory, 'database-url': url } = options;
  if (!directory || !url) throw new Error('--directory and --database-url are needed');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const loader = new Loader(client);
    await loader.createTables();
    const files = listSalesFiles(directory);
    const started = performance.now();
    const run = new Run(loader);
    for (const [index, file] of files.entries()) await run.readFile(join(directory, file), index + 1);
    await run.finish();
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage();
    const result = {
      ...run.counts,
      seconds,
      rows_per_second: run.counts.rows_in / seconds,
      cpu_seconds: (user + system) / 1e6,
      peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
    };
    if (options.check) await check(client, directory, files, run.counts);
    console.log(options.json ? JSON.stringify(result) : result);
  } finally {
    await client.end();
  }
}

/** @throws Error when rows, gold or counts are not what the answer key says */
async function check(client, directory, files, counts) {
  const key = JSON.parse(readFileSync(join(directory, ANSWER_FILE), 'utf8'));
  for (const [name, count] of Object.entries(counts)) {
    if (key.totals[name] !== count) throw new Error(`${name} is ${count}, must be ${key.totals[name]}`);
  }
  const database = { query: async (sql, params) => (await client.query(sql, params)).rows };
  await expectTables(database, key, files);
}

await main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
