import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { SOURCE_COLUMNS } from '@millrace/testkit';

const HEADER = Buffer.from(`${SOURCE_COLUMNS.join(',')}\n`);
const FORMATS = ['json', 'csv', 'ndjson'];
const TYPES = { json: 'application/json', csv: 'text/csv', ndjson: 'application/x-ndjson' };
const SEPARATORS = { json: ',\n', csv: '\n', ndjson: '\n' };

/** Rows by requests of each format in turn, each with an idempotency key, over connections that stay open. */
export class HttpProducer {
  client = 'node:http';
  /** Some 20 requests a second. */
  batch_rows;
  #agent = new Agent({ keepAlive: true });
  #under_way = new Set();
  #made = 0;

  /** @param {string} url of the ingestor @param {import('./sent-rows.mjs').SentRows} rows @param {number} rows_per_second */
  constructor(url, rows, rows_per_second) {
    this.url = new URL('/v1/datasets/sales/rows', url);
    this.rows = rows;
    this.batch_rows = Math.max(1, Math.round(rows_per_second / 20));
  }

  /** @param {number} count */
  hand(count) {
    const format = FORMATS[this.#made++ % FORMATS.length];
    const rows = Array.from({ length: count }, () => this.rows.next(format === 'csv' ? 'csv' : 'json'));
    const body = bodyOf(format, rows);
    this.rows.handOver();
    const sent = this.#post(TYPES[format], body).finally(() => this.#under_way.delete(sent));
    sent.catch(() => {});
    this.#under_way.add(sent);
  }

  /** @throws when a request was not taken */
  async settled() {
    await Promise.all(this.#under_way);
  }

  async close() {
    this.#agent.destroy();
  }

  #post(type, body) {
    const headers = { 'content-type': type, 'content-length': body.length, 'idempotency-key': randomUUID() };
    return new Promise((resolve, reject) => {
      const sent = request(this.url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        response.resume();
        response.on('end', () => {
          if (response.statusCode === 202) resolve();
          else reject(new Error(`the ingestor answers ${response.statusCode}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

function bodyOf(format, rows) {
  const text = rows.flatMap((row, at) => (at === 0 ? [row] : [Buffer.from(SEPARATORS[format]), row]));
  if (format === 'json') return Buffer.concat([Buffer.from('['), ...text, Buffer.from(']')]);
  if (format === 'csv') return Buffer.concat([HEADER, ...text, Buffer.from('\n')]);
  return Buffer.concat([...text, Buffer.from('\n')]);
}
