import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type LiveAnswer, LiveSales, SOURCE_COLUMNS } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

// kcat (librdkafka) and curl: clients that share no code with the pipeline. Install them with `apt-get install kcat curl`.
const exec = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'millrace-clients-'));
const answers: LiveAnswer[] = [];
let pipeline: Pipeline;
let url: string;

async function kcat(args: string[], input: Buffer): Promise<void> {
  const child = spawn('kcat', ['-P', '-b', pipeline.kafka_brokers, '-t', 'inbox.sales', '-X', 'acks=all', ...args]);
  let stderr = '';
  child.stderr.on('data', (data) => (stderr += data));
  child.stdin.end(input);
  const [code] = await once(child, 'exit');
  expect(code, stderr).toBe(0);
}

async function post(
  at: string,
  type: string,
  file: string,
  ...args: string[]
): Promise<{ code: number; body: string }> {
  const { stdout } = await exec('curl', [
    ...['-sS', '-X', 'POST', '-H', `Content-Type: ${type}`, '--data-binary', `@${file}`, '-w', '\n%{http_code}'],
    ...args,
    `${at}/v1/datasets/sales/rows`,
  ]);
  const end = stdout.lastIndexOf('\n');
  return { code: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
}

/** Rows of one producer, and the answer key for them. */
function rowsOf(
  seed: number,
  count: number,
  format: 'json' | 'csv',
  bad = 0.05,
): { lines: Buffer[]; answer: LiveAnswer } {
  const sales = new LiveSales({ seed, dup: 0.05, bad });
  const lines = Array.from({ length: count }, () => sales.next(format));
  return { lines, answer: sales.answer('inbox') };
}

function fileOf(name: string, content: Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const joined = (lines: Buffer[]): Buffer => Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
const csvOf = (lines: Buffer[]): Buffer => joined([Buffer.from(SOURCE_COLUMNS.join(',')), ...lines]);

describe('clients that no one here wrote', () => {
  beforeAll(async () => {
    pipeline = await Pipeline.start();
    [url] = await pipeline.ingestUrls();
  }, 120_000);

  afterAll(async () => {
    await pipeline?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'kcat with compression %s: every message is a row or a reject',
    async (codec) => {
      const { lines, answer } = rowsOf(200 + answers.length, 400, 'json');
      // A record separator: a spelled row may hold line ends.
      const separator = '\x1e';
      await kcat(
        ['-z', codec, '-D', separator],
        Buffer.from(lines.map((line) => line.toString('latin1')).join(separator), 'latin1'),
      );
      answers.push(answer);
      await pipeline.expectLive(answers);
    },
    60_000,
  );

  it('kcat with a whole file as one CSV record of several lines too many: one reject with topic, partition and offset', async () => {
    const before = await pipeline.count(`select count(*) from millrace.rejects`);
    await kcat(['-p', '2', fileOf('two.csv', Buffer.from('a,b\nc,d\n'))], Buffer.alloc(0));
    const rejects = () => pipeline.count(`select count(*) from millrace.rejects`);
    await expect.poll(rejects, { timeout: 20_000 }).toBe(before + 1);
    const [reject] = await pipeline.database.query(
      `select topic, partition, "offset" >= 0 as has_offset, row, code from millrace.rejects_located where raw = 'a,b\nc,d\n'::bytea`,
    );
    expect(reject).toEqual({
      topic: 'inbox.sales',
      partition: 2,
      has_offset: true,
      row: 0,
      code: 'message_unreadable',
    });
    answers.push({ ...emptyAnswer(), rows_in: 1, rejected: 1, rejected_by_code: { message_unreadable: 1 } });
    await pipeline.expectLive(answers);
  }, 60_000);

  it.each([
    ['text/csv', 'csv', csvOf],
    ['application/x-ndjson', 'json', joined],
    [
      'application/json',
      'json',
      (lines: Buffer[]) => Buffer.from(`[${lines.map((line) => line.toString('latin1')).join(',')}]`, 'latin1'),
    ],
  ] as const)(
    'curl with %s, plain and gzipped: 202, and a receipt that tells what became of each row',
    async (type, format, bodyOf) => {
      for (const gzip of [false, true]) {
        // A row that is no JSON breaks an array as a whole: that is a 400, not a reject.
        const { lines, answer } = rowsOf(300 + answers.length, 250, format, type === 'application/json' ? 0 : 0.05);
        const body = bodyOf(lines);
        const file = fileOf(`rows-${answers.length}`, gzip ? gzipSync(body) : body);
        const { code, body: answered } = await post(url, type, file, ...(gzip ? ['-H', 'Content-Encoding: gzip'] : []));
        expect(code, answered).toBe(202);
        answers.push(answer);
        await pipeline.expectLive(answers);
        const { receipt } = JSON.parse(answered);
        const { stdout } = await exec('curl', ['-sS', `${url}/v1/receipts/${receipt}`]);
        expect(JSON.parse(stdout)).toMatchObject({
          status: 'applied',
          rows: 250,
          written: answer.written,
          duplicates: { total: answer.duplicates },
          rejected: { total: answer.rejected },
        });
      }
    },
    90_000,
  );

  it('a request whose connection breaks before the 202, repeated with its key: counts once', async () => {
    const { lines, answer } = rowsOf(400, 300, 'csv');
    const file = fileOf('broken.csv', csvOf(lines));
    const proxy = await breakingProxy(Number(new URL(url).port));
    const key = ['-H', 'Idempotency-Key: delivery-2026-11-21'];
    await expect(post(`http://127.0.0.1:${proxy.port}`, 'text/csv', file, ...key)).rejects.toMatchObject({ code: 52 });
    expect(proxy.answers).toEqual(['HTTP/1.1 202']);
    proxy.close();
    const { code, body } = await post(url, 'text/csv', file, ...key);
    expect(code, body).toBe(202);
    answers.push(answer);
    await pipeline.expectLive(answers);
    const again = await post(url, 'text/csv', file, ...key);
    expect(again).toMatchObject({ code: 202 });
    expect(JSON.parse(again.body).receipt).toBe(JSON.parse(body).receipt);
    const other = await post(url, 'text/csv', fileOf('other.csv', csvOf(lines.slice(1))), ...key);
    expect(other.code, other.body).toBe(409);
    await pipeline.expectLive(answers);
  }, 60_000);
});

function emptyAnswer(): LiveAnswer {
  return new LiveSales({ seed: 9999, dup: 0, bad: 0 }).answer('inbox');
}

/** Lets a request through, and breaks the connection at the first byte of the answer. */
async function breakingProxy(port: number) {
  const answers: string[] = [];
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream);
    upstream.once('data', (data) => {
      answers.push(data.toString('latin1', 0, 12));
      client.destroy();
      upstream.destroy();
    });
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, answers, close: () => server.close() };
}
