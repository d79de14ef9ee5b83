import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ARRIVED_HEADER, decodeInboxBatch, KEY_HEADER, MillraceError } from '@millrace/contracts';
import type { KafkaClient } from '@millrace/kafka';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../harness/until.js';
import { type Answer, curl, HttpRig, parseAnswer, type Server } from './http-rig.js';

let rig: HttpRig;
let server: Server;

beforeAll(async () => {
  rig = await HttpRig.start();
  server = await rig.serve();
});

afterAll(() => rig?.stop());

const TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson', json: 'application/json' } as const;
const rowsUrl = (of = server) => of.url + rig.rows;
const typed = (type: keyof typeof TYPES) => ['-H', `Content-Type: ${TYPES[type]}`];
const post = (type: keyof typeof TYPES, body: string, ...args: string[]) =>
  curl(...typed(type), '--data-binary', body, ...args, rowsUrl());
const row = (id: string) => `{"id":"${id}","amount":1.50}`;

async function send(body: string | Buffer, headers: Record<string, string> = {}, of = server): Promise<Answer> {
  const answer = await fetch(rowsUrl(of), {
    method: 'POST',
    headers: { 'content-type': TYPES.ndjson, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return answerOf(answer);
}

async function answerOf(answer: Response): Promise<Answer> {
  const body = await answer.text();
  return { status: answer.status, headers: answer.headers, body, json: body.startsWith('{') ? JSON.parse(body) : {} };
}

const get = async (path: string, of = server) => answerOf(await fetch(of.url + path));
const receipt = ({ json }: Answer) => get(`/v1/receipts/${json.receipt}`);

function expectProblem(answer: Answer, status: number, code: string, more: object = {}): void {
  expect(answer.json).toMatchObject({ type: `urn:millrace:problem:${code}`, status, code, ...more });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.json.title).toEqual(expect.any(String));
  expect(answer.json.detail).toEqual(expect.any(String));
  expect(answer.json.instance).toMatch(/^urn:uuid:/);
}

/** A connection that says no more than it is told. */
function open(head: string, body: string | Buffer = '', of = server): { socket: Socket; answer: Promise<Answer> } {
  const socket = connect(of.port, '127.0.0.1');
  const pieces: Buffer[] = [];
  const answer = new Promise<Answer>((resolve, reject) => {
    socket.on('data', (piece) => {
      pieces.push(piece);
      const text = Buffer.concat(pieces).toString();
      if (/\r\n\r\n./s.test(text)) resolve(parseAnswer(text));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed without an answer')));
  });
  answer.catch(() => {});
  socket.write(`${head}\r\n\r\n`);
  socket.write(body);
  return { socket, answer };
}

const head = (length: number, ...more: string[]) =>
  [
    `POST ${rig.rows} HTTP/1.1`,
    'Host: localhost',
    `Content-Type: ${TYPES.ndjson}`,
    `Content-Length: ${length}`,
    ...more,
  ].join('\r\n');

describe('a request with rows', () => {
  it.each([
    ['csv', 'id,amount,note\nc-1,1.50,"a, b"\n# no record\n\nc-2,x,\n', 'csv', ['c-1,1.50,"a, b"', 'c-2,x,']],
    [
      'ndjson',
      '{"id":"n-1","amount":1.50}\n\nno json at all\n',
      'json',
      ['{"id":"n-1","amount":1.50}', 'no json at all'],
    ],
    ['json', ' {"id":"o-1", "amount":1e2}', 'json', ['{"id":"o-1", "amount":1e2}']],
    [
      'json',
      '[{"id":"a-1","amount":0.10},{"id":"a-2"},7]',
      'json',
      ['{"id":"a-1","amount":0.10}', '{"id":"a-2"}', '7'],
    ],
  ] as const)('of %s becomes one message of the inbox, its rows as they came: %j', async (type, body, format, rows) => {
    const before_ms = Date.now();
    const answer = await post(type, body);
    expect(answer.status).toBe(202);
    const { receipt: id } = answer.json;
    expect(answer.json).toEqual({ receipt: id, dataset: rig.plan.name, rows: rows.length, status: 'received' });
    expect(answer.headers.get('location')).toBe(`/v1/receipts/${id}`);

    const [{ message }, ...others] = await rig.messagesWith(rows[0]);
    expect(others).toEqual([]);
    const batch = decodeInboxBatch(message.value as Buffer);
    expect(batch.rows.map(String)).toEqual(rows);
    expect([batch.format, String(batch.header)]).toEqual([format, format === 'csv' ? 'id,amount,note\n' : '']);
    const arrived_ms = Number(message.headers[ARRIVED_HEADER]);
    expect(arrived_ms).toBeGreaterThanOrEqual(before_ms - 1);
    expect(arrived_ms).toBeLessThanOrEqual(Date.now());
    expect(message.headers[KEY_HEADER]).toBeUndefined();
    expect((await receipt(answer)).json).toEqual({ receipt: id, dataset: rig.plan.name, status: 'received' });
  });

  it('may be packed by gzip, or come in pieces of unknown number', async () => {
    const packed = await send(gzipSync(row('gzip')), { 'content-encoding': 'gzip' });
    expect(packed.status).toBe(202);
    const pieces = await curl(
      ...typed('ndjson'),
      '-H',
      'Transfer-Encoding: chunked',
      '--data-binary',
      row('pieces'),
      rowsUrl(),
    );
    expect(pieces.status).toBe(202);
    expect(await rig.messagesWith(row('gzip'))).toHaveLength(1);
    expect(await rig.messagesWith(row('pieces'))).toHaveLength(1);
  });

  it('up to the limit of the body is taken whole', async () => {
    const line = `{"id":"large","note":"${'x'.repeat(50_000)}"}\n`;
    const body = line.repeat(Math.floor((3 * 1024 * 1024) / line.length));
    const answer = await send(body);
    expect(answer.json).toMatchObject({ rows: body.length / line.length, status: 'received' });
  });

  it('many at once go to all partitions, each with a receipt of its own', async () => {
    const ids = Array.from({ length: 24 }, () => randomUUID());
    const answers = await Promise.all(ids.map((id) => send(row(id))));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(new Set(answers.map(({ json }) => json.receipt)).size).toBe(24);
    const wanted = new Set(ids.map(row));
    const found = (await rig.inbox()).filter(({ value }) =>
      decodeInboxBatch(value as Buffer).rows.some((one) => wanted.has(String(one))),
    );
    expect(found).toHaveLength(24);
    expect(new Set(found.map(({ partition }) => partition)).size).toBe(4);
  });

  it('whose client goes away before the end of the body leaves nothing', async () => {
    const { socket } = open(head(1000), row('half'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await send(row('behind-half'));
    expect(await rig.messagesWith(row('behind-half'))).toHaveLength(1);
    expect(await rig.messagesWith(row('half'))).toEqual([]);
  });

  it('whose client goes away before the answer is taken all the same, and a repeat with its key is the same request', async () => {
    const key = randomUUID();
    const body = row('gone');
    open(head(body.length, `Idempotency-Key: ${key}`), body).socket.end();
    await until(async () => (await rig.messagesWith(body)).length === 1);
    const repeat = await post('ndjson', body, '-H', `Idempotency-Key: ${key}`);
    expect(repeat.status).toBe(202);
    const [request] = await rig.db.query('select id from millrace.requests where key = $1', [key]);
    expect(repeat.json.receipt).toBe(request.id);
    const messages = await rig.messagesWith(body);
    expect(messages.map(({ message }) => String(message.headers[KEY_HEADER]))).toEqual([key, key]);
  });
});

describe('an Idempotency-Key', () => {
  it('makes a repeat the same request: published again until the first is recorded, then not any more', async () => {
    const key = `key-${randomUUID()}`;
    const keyed = ['-H', `Idempotency-Key: ${key}`];
    const first = await post('ndjson', row('keyed'), ...keyed);
    const second = await post('ndjson', row('keyed'), ...keyed);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.json).toEqual(first.json);
    expect(second.headers.has('idempotency-replayed')).toBe(false);
    const messages = await rig.messagesWith(row('keyed'));
    expect(messages).toHaveLength(2);
    expect((await receipt(first)).json).toMatchObject({ receipt: first.json.receipt, status: 'received' });

    await rig.apply(messages[0].message, { written: 1 });
    const third = await post('ndjson', row('keyed'), ...keyed);
    expect([third.status, third.json]).toEqual([202, first.json]);
    expect(third.headers.get('idempotency-replayed')).toBe('true');
    expect(await rig.messagesWith(row('keyed'))).toHaveLength(2);
    expect((await receipt(third)).json).toMatchObject({ status: 'applied', rows: 1, written: 1 });
  });

  it('belongs to one body: the same rows in the same format', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    expect((await send(row('body'), headers)).status).toBe(202);
    // Blank lines are no rows.
    expect((await send(`\n${row('body')}\n\n`, headers)).status).toBe(202);
    expectProblem(await send(row('another'), headers), 409, 'KEY_REUSED');
    const csv = await send('id,amount\nbody,1.50\n', { ...headers, 'content-type': TYPES.csv });
    expectProblem(csv, 409, 'KEY_REUSED');
    expect(await rig.messagesWith(row('another'))).toEqual([]);
  });

  it.each(['two words', 'k'.repeat(256), 'é'])('is refused when it is %j', async (key) => {
    const answer = await post('ndjson', row('bad-key'), '-H', `Idempotency-Key: ${key}`);
    expectProblem(answer, 400, 'REQUEST_INVALID');
  });
});

describe('a receipt', () => {
  it('tells what became of each row, and which row won', async () => {
    const { plan, db } = rig;
    const winner = await send(`${row('inbox-other')}\n${row('inbox-winner')}`);
    const [{ message: won }] = await rig.messagesWith(row('inbox-winner'));
    const file = await db.query<{ id: number }>(
      `insert into millrace.sources (id, dataset, kind, path, state)
       select max(id) + 1, $1, 'file', '/data/part_0003.csv', 'cut' from millrace.sources returning id`,
      [plan.name],
    );
    const ids = ['r-new', 'inbox-winner', 'file-winner', 'r-bad'];
    const answer = await send(ids.map(row).join('\n'));
    const [{ message }] = await rig.messagesWith(row('r-bad'));
    const lost = await rig.apply(message, { written: 1, duplicates: 2, rejected: 1 });
    const first = await rig.apply(won, { written: 2 });

    const write = (id: string, source: number, record: number) =>
      db.query(
        `insert into public."${plan.table}" (id, amount, note, _source, _record) values ($1, 1.5, 'none', $2, $3)`,
        [id, source, record],
      );
    await write('inbox-winner', first.source, first.record(1));
    await write('file-winner', file[0].id, 1842);
    for (const [at, key] of [
      [1, 'inbox-winner'],
      [2, 'file-winner'],
    ] as const) {
      await db.query('insert into millrace.duplicates (source, record, dataset, key) values ($1, $2, $3, $4)', [
        lost.source,
        lost.record(at),
        plan.name,
        key,
      ]);
    }
    await db.query(
      `insert into millrace.rejects (source, record, dataset, "column", code, value) values ($1, $2, $3, 'amount', 'out_of_range', '-1')`,
      [lost.source, lost.record(3), plan.name],
    );

    const { status, json, headers } = await receipt(answer);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(json).toEqual({
      receipt: answer.json.receipt,
      dataset: plan.name,
      status: 'applied',
      rows: 4,
      written: 1,
      duplicates: {
        total: 2,
        rows: [
          {
            row: 1,
            key: 'inbox-winner',
            duplicate_of: { topic: rig.topic, partition: won.partition, offset: Number(won.offset), row: 1 },
          },
          { row: 2, key: 'file-winner', duplicate_of: { file: '/data/part_0003.csv', record: 1842 } },
        ],
      },
      rejected: { total: 1, rows: [{ row: 3, reason: 'out_of_range', column: 'amount', value: '-1' }] },
      failed: 0,
    });
    expect((await receipt(winner)).json).toMatchObject({ status: 'applied', written: 2 });
  });

  it('that was never given is unknown, a mistyped one included', async () => {
    const { json } = await send(row('typo'));
    const id = String(json.receipt);
    const typo = id.slice(0, 9) + (id[9] === 'A' ? 'B' : 'A') + id.slice(10);
    for (const path of [typo, id.slice(1), randomUUID(), 'x', '%00', '..%2f..%2fetc']) {
      expectProblem(await get(`/v1/receipts/${path}`), 404, 'RECEIPT_UNKNOWN');
    }
    expect((await get(`/v1/receipts/${id}`)).status).toBe(200);
  });
});

describe('limits', () => {
  const limits = {
    MILLRACE_HTTP_BODY_BYTES: '10000',
    MILLRACE_HTTP_ROWS: '50',
    MILLRACE_HTTP_FIELD_BYTES: '1000',
    MILLRACE_BACKLOG_BYTES: '1000000',
  };
  let small: Server;

  beforeAll(async () => {
    small = await rig.serve(limits);
  });

  const limited = (body: string | Buffer, headers: Record<string, string> = {}) => send(body, headers, small);

  it('of the body are told by its length, while it comes, and while it is unpacked', async () => {
    expect((await limited(row('small'))).status).toBe(202);
    const large = Buffer.alloc(10_001, 'x');
    expectProblem(await limited(large), 413, 'REQUEST_TOO_LARGE');
    // Many times over, with an answer all the same, by a client that says the length, one that asks first, and one that does not say.
    for (const args of [[], ['-H', 'Expect: 100-continue'], ['-H', 'Transfer-Encoding: chunked']]) {
      const zeros = '/dev/zero';
      const source = args[0] && args[1].startsWith('Transfer') ? ['-T', zeros] : ['--data-binary', 'y'.repeat(100_000)];
      expectProblem(
        await curl('-X', 'POST', ...typed('ndjson'), ...args, ...source, rowsUrl(small)),
        413,
        'REQUEST_TOO_LARGE',
      );
    }
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    expect(bomb.length).toBeLessThan(10_000);
    expectProblem(await limited(bomb, { 'content-encoding': 'gzip' }), 413, 'REQUEST_TOO_LARGE');
  });

  it('of rows and fields say where', async () => {
    expect((await limited('1\n'.repeat(50))).status).toBe(202);
    expectProblem(await limited('1\n'.repeat(51)), 413, 'REQUEST_TOO_LARGE', { row: 50 });
    const csv = `id,amount,note\n1,1,\n2,1,${'x'.repeat(1001)}\n`;
    expectProblem(await limited(csv, { 'content-type': TYPES.csv }), 413, 'REQUEST_TOO_LARGE', {
      row: 1,
      column: 'note',
    });
    const wide = await rig.serve({ MILLRACE_HTTP_FIELD_BYTES: String(256 * 1024) });
    const long = `${row('wide')}\n{"id":"${'x'.repeat(200_000)}","note":"${'x'.repeat(100_000)}"}`;
    expectProblem(await send(long, {}, wide), 413, 'REQUEST_TOO_LARGE', { row: 1 });
    expect(await rig.messagesWith(row('wide'))).toEqual([]);
  });
});

describe('an error', () => {
  it.each([
    ['text/plain', row('x'), [], 415, 'FORMAT_UNSUPPORTED'],
    ['no type at all/', row('x'), [], 415, 'FORMAT_UNSUPPORTED'],
    [TYPES.json, row('x'), ['-H', 'Content-Encoding: br'], 415, 'FORMAT_UNSUPPORTED'],
    [TYPES.json, 'not gzip', ['-H', 'Content-Encoding: gzip'], 400, 'REQUEST_INVALID'],
    [TYPES.json, '{"id":1', [], 400, 'REQUEST_INVALID'],
    [TYPES.json, '[]', [], 400, 'REQUEST_INVALID'],
    [TYPES.json, '', [], 400, 'REQUEST_INVALID'],
    [TYPES.ndjson, '\n\n', [], 400, 'REQUEST_INVALID'],
    [TYPES.csv, 'id,amount\n', [], 400, 'REQUEST_INVALID'],
    [TYPES.csv, '1,2\n3,4\n', [], 400, 'REQUEST_INVALID'],
  ])('of the request is told as problem details: %s %j %j', async (type, body, args, status, code) => {
    const answer = await curl('-H', `Content-Type: ${type}`, '--data-binary', body, ...args, rowsUrl());
    expectProblem(answer, status, code);
  });

  it.each([
    ['POST', '/v1/datasets/other/rows', 404, 'DATASET_UNKNOWN'],
    ['POST', '/v1/datasets/..%2f..%2fetc/rows', 404, 'DATASET_UNKNOWN'],
    ['POST', '/v1/datasets/../../etc/rows', 404, 'DATASET_UNKNOWN'],
    ['POST', '/v1/datasets/__proto__/rows', 404, 'DATASET_UNKNOWN'],
    ['POST', '/v1/datasets', 404, 'ROUTE_UNKNOWN'],
    ['GET', '/v1', 404, 'ROUTE_UNKNOWN'],
    ['GET', '/v1/datasets/sales/rows', 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', '/v1/receipts/x', 405, 'METHOD_NOT_ALLOWED'],
    ['OPTIONS', '/v1/receipts/x', 405, 'METHOD_NOT_ALLOWED'],
  ])('of the address is told as problem details: %s %s', async (method, path, status, code) => {
    const args = method === 'POST' ? [...typed('json'), '--data-binary', row('x')] : [];
    const answer = await curl('--path-as-is', '-X', method, ...args, server.url + path);
    // Fastify itself takes no `..` in a path.
    const expected = path.includes('/../') ? 'ROUTE_UNKNOWN' : code;
    expectProblem(answer, status, expected);
    if (status === 405) expect(answer.headers.get('allow')).toBe(path.includes('rows') ? 'POST' : 'GET, HEAD');
  });

  it('of ours tells nothing of the inside, and whether the rows were taken', async () => {
    const failing = (error: Error) =>
      rig.serve({}, {
        inboxProducer: async () => ({ publish: () => Promise.reject(error), close: async () => {} }),
      } as unknown as Partial<KafkaClient>);
    const away = await failing(new MillraceError('KAFKA_UNREACHABLE', 'broker-7.internal refused'));
    const unknown = await send(row('away'), {}, away);
    expectProblem(unknown, 503, 'KAFKA_UNREACHABLE', { detail: expect.stringContaining('not known') });
    expect(unknown.headers.get('retry-after')).toBe('5');
    const broken = await send(row('broken'), {}, await failing(new TypeError('secret of the inside')));
    expectProblem(broken, 500, 'INTERNAL');
    expect(unknown.body + broken.body).not.toMatch(/broker-7|secret|TypeError|\.[jt]s/);
  });

  it('elsewhere is answered as before', async () => {
    expect((await get('/health/live')).json).toEqual({ live: true });
    expect((await get('/nowhere')).json).toMatchObject({ statusCode: 404 });
  });
});

describe('backpressure', () => {
  it('refuses before the body is read, says when to come again, and ends when enough is applied', async () => {
    const bounded = await rig.serve({ MILLRACE_HTTP_BODY_BYTES: '3000', MILLRACE_BACKLOG_BYTES: '5000' });
    const line = `{"id":"full","note":"${'x'.repeat(2900)}"}`;
    expect((await send(line, {}, bounded)).status).toBe(202);
    const { socket, answer } = open(head(2900), '', bounded);
    const refused = await answer;
    expectProblem(refused, 429, 'BACKLOG_FULL');
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    socket.destroy();
    const curled = await curl(...typed('ndjson'), '--data-binary', line, rowsUrl(bounded));
    expectProblem(curled, 429, 'BACKLOG_FULL');
    // The gauge is the process's, and other servers of this test set it too.
    await until(async () => (await metric('millrace_backlog_bytes')) > 2900);
    expect((await get('/health/live', bounded)).status).toBe(200);

    const [{ message }, ...others] = await rig.messagesWith(line);
    expect(others).toEqual([]);
    await rig.apply(message, { written: 1 });
    await until(async () => (await send(line, {}, bounded)).status === 202);
    expect(await rig.messagesWith(line)).toHaveLength(2);
  });

  it('bounds the bodies that are being read at once', async () => {
    const bounded = await rig.serve({ MILLRACE_HTTP_BODY_BYTES: '100000' });
    const slow = Array.from({ length: 8 }, () => open(head(100_000), row('slow'), bounded));
    await until(async () => (await send(row('ninth'), {}, bounded)).status === 429);
    const refused = await send(row('ninth'), {}, bounded);
    expectProblem(refused, 429, 'BACKLOG_FULL');
    expect(refused.headers.get('retry-after')).toBe('1');
    for (const { socket } of slow) socket.destroy();
    await until(async () => (await send(row('tenth'), {}, bounded)).status === 202);
    expect(await rig.messagesWith(row('slow'))).toEqual([]);
  });

  it('counts what others wrote to the inbox', async () => {
    const bounded = await rig.serve({ MILLRACE_BACKLOG_MESSAGES: '5' });
    const publisher = await rig.kafka.producer();
    const message = { topic: rig.topic, key: '', value: Buffer.from(row('by-kafka')) };
    await publisher.publish(Array.from({ length: 20 }, (_, index) => ({ ...message, partition: index % 4 })));
    await publisher.close();
    await until(async () => (await send(row('lag'), {}, bounded)).status === 429);
    expectProblem(await send(row('lag'), {}, bounded), 429, 'BACKLOG_FULL', {
      detail: expect.stringContaining('inbox'),
    });
    for (const { partition, high } of await rig.kafka.lag('any', [rig.topic])) {
      await rig.db.query(
        'update millrace.sources set next_record = $1::bigint << 20 where topic = $2 and partition = $3',
        [high, rig.topic, partition],
      );
    }
    await until(async () => (await send(row('lag'), {}, bounded)).status === 202);
  });
});

async function metric(name: string): Promise<number> {
  const { body } = await get('/metrics');
  const line = body.split('\n').find((text) => text.startsWith(`${name}{dataset="${rig.plan.name}"`));
  return Number(line?.split(' ').at(-1));
}

describe('the description of the API', () => {
  interface Operation {
    operationId: string;
    parameters: { $ref?: string; name?: string }[];
    requestBody: { required: boolean; content: Record<string, { schema: object; example: unknown }> };
    responses: Record<string, { description: string; content: Record<string, { schema: { $ref: string } }> }>;
  }
  interface Document {
    openapi: string;
    info: { title: string; version: string };
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, object>; parameters: Record<string, object> };
  }

  const read = async () => (await get('/docs/json')).json as unknown as Document;

  /** Checks values against a schema of the document as JSON Schema 2020-12, which that of OpenAPI 3.1 is. */
  async function validator(): Promise<(ref: string, value: unknown) => string> {
    const { components } = await read();
    const ajv = new Ajv2020({ strict: true, strictTypes: false, formats: { int64: true } });
    ajv.addVocabulary(['components']);
    ajv.addSchema({ $id: 'https://api.invalid/', components });
    return (ref, value) => {
      const validate = ajv.getSchema(`https://api.invalid/${ref}`);
      if (!validate) return `there is no ${ref}`;
      return validate(value) ? '' : ajv.errorsText(validate.errors);
    };
  }

  it('is served as a page and as OpenAPI 3.1', async () => {
    const page = await get('/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect((await get('/docs/static/../../../../../package.json')).status).toBe(404);
    expect((await get('/docs/static/..%2f..%2f..%2fpackage.json')).status).toBeGreaterThanOrEqual(400);
    const document = await read();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual([rig.rows, '/v1/receipts/{id}']);
    for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
      expect(operation.operationId).toMatch(/^\w+$/);
      expect(Object.keys(operation.responses).every((status) => /^[2-5]\d\d$/.test(status))).toBe(true);
    }
  });

  it('gives examples that are valid, and that the server takes', async () => {
    const check = await validator();
    const { paths } = await read();
    const { content } = paths[rig.rows].post.requestBody;
    expect(Object.keys(content).sort()).toEqual(Object.values(TYPES).sort());
    for (const [type, { example }] of Object.entries(content)) {
      const body = typeof example === 'string' ? example : JSON.stringify(example);
      expect((await send(body, { 'content-type': type })).status).toBe(202);
    }
    const [example] = content[TYPES.json].example as object[];
    expect(check(`#/components/schemas/row_of_${rig.plan.name}`, example)).toBe('');
  });

  it('tells the truth about the answers', async () => {
    const check = await validator();
    const accepted = await send(row('described'));
    expect(check('#/components/schemas/received', accepted.json)).toBe('');
    expect(check('#/components/schemas/outcome', (await receipt(accepted)).json)).toBe('');
    const [{ message }] = await rig.messagesWith(row('described'));
    await rig.apply(message, { written: 1 });
    const applied = (await receipt(accepted)).json;
    expect(applied.status).toBe('applied');
    expect(check('#/components/schemas/outcome', applied)).toBe('');
    const problem = await send('');
    expect(check('#/components/schemas/problem', problem.json)).toBe('');
    expect(check('#/components/schemas/problem', accepted.json)).not.toBe('');
    const { responses } = (await read()).paths[rig.rows].post;
    expect(responses[accepted.status].content['application/json'].schema.$ref).toBe('#/components/schemas/received');
    expect(responses[problem.status].content['application/problem+json'].schema.$ref).toBe(
      '#/components/schemas/problem',
    );
  });
});

describe('metrics', () => {
  it('count requests by status, under the names of datasets that there are', async () => {
    await curl('-X', 'POST', `${server.url}/v1/datasets/made-up/rows`);
    await send(row('counted'));
    await send('', {});
    const { body } = await get('/metrics');
    const lines = body.split('\n').filter((line) => line.startsWith('millrace_http_requests_total{'));
    const labels = lines.map((line) => line.slice(0, line.indexOf('}') + 1));
    expect(labels).toEqual(
      expect.arrayContaining([
        `millrace_http_requests_total{dataset="${rig.plan.name}",status="202"}`,
        `millrace_http_requests_total{dataset="${rig.plan.name}",status="400"}`,
        'millrace_http_requests_total{dataset="",status="404"}',
      ]),
    );
    expect(body).not.toContain('made-up');
  });
});

describe('a server that starts or stops', () => {
  it('takes no requests before it is started, and answers', async () => {
    const starting = await rig.listen();
    expectProblem(await send(row('early'), {}, starting), 503, 'NOT_ACCEPTING');
    expectProblem(await get(`/v1/receipts/${randomUUID()}`, starting), 503, 'NOT_ACCEPTING');
    expect((await get('/health/live', starting)).status).toBe(200);
  });

  it('ends the requests under way, and refuses new ones', async () => {
    const stopping = await rig.serve();
    const body = row('under-way');
    const slow = open(head(body.length), body.slice(0, 5), stopping);
    const idle = open(`GET /health/live HTTP/1.1\r\nHost: x`, '', stopping);
    await idle.answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = stopping.stop();
    const refused = await curl(...typed('ndjson'), '-H', 'Expect:', '-d', 'y'.repeat(100_000), rowsUrl(stopping));
    expectProblem(refused, 503, 'NOT_ACCEPTING');
    expect(refused.headers.get('connection')).toBe('close');
    slow.socket.write(body.slice(5));
    expect((await slow.answer).status).toBe(202);
    slow.socket.destroy();
    idle.socket.destroy();
    await stopped;
    expect(await rig.messagesWith(body)).toHaveLength(1);
    await expect(fetch(stopping.url)).rejects.toThrow();
  });
});
