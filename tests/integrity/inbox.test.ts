import { encodeInboxBatch, inboxRecord, LIMITS } from '@millrace/contracts';
import { KafkaClient, type Publisher } from '@millrace/kafka';
import { books, claimKey } from '@millrace/postgres';
import { metrics } from '@millrace/telemetry';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureInboxSources } from '../../apps/ingestor/src/inbox/inbox-sources.js';
import { until } from '../harness/until.js';
import { InboxRig } from './inbox-rig.js';

let rig: InboxRig;

beforeEach(async () => {
  rig = await InboxRig.start();
});
afterEach(() => rig.close());

const batch = (format: 'json' | 'csv', header: string, rows: string[]) =>
  encodeInboxBatch(
    format,
    Buffer.from(header),
    rows.map((row) => Buffer.from(row)),
  );
/** Record number of a row. */
const at = (offset: number | bigint, row = 0) => inboxRecord(0n, BigInt(offset), row);
const numbered = (count: number, prefix = 'r') => Array.from({ length: count }, (_, index) => `${prefix}${index},x`);
const sendRows = (texts: string[], partition = 0) => rig.send(texts.map((value) => ({ value, partition })));
const textsOf = (rows: [number, string, string][]) => rows.map(([, , text]) => text);

/** A publisher whose broker never answers well. */
const broken = { publish: () => Promise.reject(new Error('broker is away')) } as unknown as Publisher;

/** Messages as the stage would hand them to a flow. */
const messages = (offset: number, values: string[], partition = 0, headers: Record<string, Buffer> = {}) =>
  values.map((value, index) => ({
    topic: rig.topic,
    partition,
    offset: BigInt(offset + index),
    value: Buffer.from(value),
    headers,
    timestamp_ms: Date.now(),
  }));

describe('the clients of an inbox', () => {
  it('learn the ids of topics, which change when one is made anew', async () => {
    const before = await rig.kafka.topicIds([rig.topic, 'inbox.none']);
    expect([...before.keys()]).toEqual([rig.topic]);
    expect(await rig.kafka.topicIds([rig.topic])).toEqual(before);
    await rig.recreate();
    expect((await rig.kafka.topicIds([rig.topic])).get(rig.topic)).not.toBe(before.get(rig.topic));
    const nowhere = new KafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'x' });
    // It waits for a broker that restarts, but not beyond its own end.
    const asked = expect(nowhere.topicIds(['a'])).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    await nowhere.close();
    await asked;
  });

  it('learn at which offset each message lies, however many go together', async () => {
    const publisher = await rig.kafka.inboxProducer();
    const values = Array.from({ length: 200 }, (_, index) => ({
      value: Buffer.from(`${index},x`),
      partition: index % 3,
    }));
    const offsets = await Promise.all(
      values.map(
        async ({ value, partition }) => (await publisher.publish({ topic: rig.topic, partition, value })).offset,
      ),
    );
    await publisher.close();
    rig.stages.turn(true);
    await rig.read();
    await until(async () => (await rig.recorded()) === 200);
    await until(async () => (await rig.sources()).every(({ settled }) => settled));
    const rows = await Promise.all([0, 1, 2].map(async (partition) => rig.rows((await rig.source(partition)).id)));
    for (const [index, { value, partition }] of values.entries()) {
      expect(rows[partition]).toContainEqual([at(offsets[index]), 'csv', String(value)]);
    }
  });
});

describe('messages of an inbox', () => {
  it('of every kind become records, with their place as their number', async () => {
    rig.stages.turn(true);
    const { failures } = await rig.read();
    const sent = await rig.send([
      { value: '{"id": "a"}' },
      { value: 'b,bee\n' },
      { value: batch('json', '', ['{"id":"c"}', '{"id":"d"}']) },
      { value: batch('csv', 'name,id\n', ['eee,e']) },
      { value: 'f,eff' },
      { value: null },
      { value: ' \n' },
      { value: batch('csv', '', ['g']).subarray(0, -1) },
      { value: `h,${'x'.repeat(LIMITS.inbox_row_bytes)}` },
    ]);
    expect(sent[8]).toBe(8n);
    await until(async () => (await rig.recorded()) === 10);
    await until(async () => (await rig.source(0)).settled);
    const { id } = await rig.source(0);
    expect((await rig.rows(id)).filter(([, kind]) => kind !== 'header')).toEqual([
      [at(0), 'json', '{"id": "a"}'],
      [at(1), 'csv', 'b,bee\n'],
      [at(2, 0), 'json', '{"id":"c"}'],
      [at(2, 1), 'json', '{"id":"d"}'],
      [at(3), 'csv', 'eee,e'],
      [at(4), 'csv', 'f,eff'],
      [at(5), 'unreadable', ''],
      [at(6), 'unreadable', ' \n'],
      [at(7), 'unreadable', expect.stringContaining('MLB1')],
      [at(8), 'too_long', `h,${'x'.repeat(LIMITS.reject_raw_bytes - 2)}`],
    ]);
    const chunks = await rig.chunks(id);
    expect(chunks[0].byte_start).toBe(0);
    for (const [index, { byte_end }] of chunks.entries()) expect(chunks[index + 1]?.byte_start ?? at(9)).toBe(byte_end);
    expect(await rig.source(0)).toMatchObject({ state: 'live', next_record: at(9), error: null });
    expect(failures).toEqual([]);
  });

  it('too large for one chunk are split, and all that waits goes together', async () => {
    const rows = Array.from({ length: 40_000 }, (_, row) => `{"id":"${row}"}`);
    await rig.send([{ value: batch('json', '', rows) }, { value: 'last,one' }]);
    rig.stages.turn(true);
    await rig.read();
    await until(async () => (await rig.recorded()) === 40_001);
    const { id } = await rig.source(0);
    await until(async () => (await rig.source(0)).settled);
    const published = await rig.rows(id);
    expect(textsOf(published)).toEqual([...rows, 'last,one']);
    expect((await rig.chunks(id)).map(({ records }) => records)).toEqual([16_384, 16_384, 7233]);
  });

  it('tell when the oldest of a chunk came', async () => {
    const arrived = Date.now() - 5000;
    await rig.send([
      { value: 'a,1' },
      { value: 'b,2', headers: { arrived_ms: String(arrived) } },
      { value: 'c,3', headers: { arrived_ms: 'never' } },
    ]);
    await rig.read();
    await until(async () => (await rig.chunks()).some(({ published_at }) => published_at));
    const [{ arrived_ms, records }] = await rig.bronze();
    expect([arrived_ms, records]).toEqual([arrived, 3]);
  });

  it.each(['GZIP', 'LZ4', 'ZSTD'] as const)('compressed by their producer are read: %s', async (name) => {
    await rig.read();
    await rig.send([{ value: 'a,'.padEnd(5000, 'x') }], CompressionTypes[name]);
    await until(async () => (await rig.recorded()) === 1);
    const { id } = await rig.source(0);
    await until(async () => (await rig.chunks(id)).every(({ published_at }) => published_at));
    expect(textsOf(await rig.rows(id))).toEqual(['a,'.padEnd(5000, 'x')]);
  });

  it('of transactions count once committed; what ends them is neither a message nor a loss', async () => {
    rig.stages.turn(true);
    const { failures } = await rig.read({}, { MILLRACE_STALL_MS: 2000 });
    const brokers = (process.env.KAFKA_BROKERS as string).split(',');
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
      transactionalId: rig.plan.name,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const [value, end] of [
      ['a,1', 'commit'],
      ['b,2', 'abort'],
      ['c,3', 'commit'],
      ['d,4', 'abort'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: rig.topic, messages: [{ partition: 0, value }] });
      await transaction[end]();
    }
    await producer.disconnect();
    await until(async () => (await rig.recorded()) === 2);
    // Also behind the last marker: nothing lags, so that nothing stalls.
    await until(async () => (await rig.kafka.lag(rig.group, [rig.topic])).every(({ lag }) => lag === 0));
    const { id, error } = await rig.source(0);
    await until(async () => (await rig.source(0)).settled);
    expect(await rig.rows(id)).toEqual([
      [at(0), 'csv', 'a,1'],
      [at(4), 'csv', 'c,3'],
    ]);
    expect([error, failures]).toEqual([null, []]);
  });
});

describe('a reader that is killed', () => {
  it.each([
    'ingestor.before_inbox_record:3',
    'ingestor.after_inbox_record:3',
    'ingestor.before_publish:3',
    'ingestor.after_publish:3',
    'ingestor.after_mark:2',
    'ingestor.after_ack:3',
    'ingestor.before_commit:2',
  ])('at %s has lost and doubled nothing once its successor went on', async (fault) => {
    rig.stages.turn(true);
    const sent: string[] = [];
    const send = async (text: string) => {
      sent.push(text);
      await rig.send([{ value: text, key: text }]);
      // Again, as a producer would that got no answer.
      if (sent.length % 5 === 0) await rig.send([{ value: text, key: text, partition: 1 }]);
    };
    const first = rig.spawn(fault);
    let isOver = false;
    void first.exit.then(() => {
      isOver = true;
    });
    // One by one, so that it gets them in several goes.
    for (let row = 0; !isOver && row < 2000; row++) {
      await send(`${row},x`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await first.exit).toBe('SIGKILL');
    for (let row = 0; row < 20; row++) await send(`late${row},x`);
    const second = rig.spawn();
    await until(async () => (await rig.recorded()) >= sent.length);
    await until(async () => (await rig.sources()).every(({ settled }) => settled));
    second.child.kill('SIGTERM');
    expect(await second.exit).toBe(0);
    const rows = await Promise.all((await rig.sources()).map(({ id }) => rig.rows(id)));
    expect(rows.flatMap(textsOf).sort()).toEqual([...sent].sort());
    expect((await rig.chunks()).every(({ heals }) => heals === 0)).toBe(true);
  });
});

describe('after a restart', () => {
  it('between record and publication the same bytes are published, and it goes on behind them', async () => {
    await sendRows(numbered(50));
    await rig.send([{ value: batch('json', '', Array(20_000).fill('{}')) }]);
    const first = await rig.read({ publisher: broken });
    await until(async () => (await rig.recorded()) === 20_050);
    await first.stop();
    const recorded = await rig.chunks();
    expect(recorded.every(({ published_at }) => published_at === null)).toBe(true);
    expect(await rig.bronze()).toEqual([]);

    rig.stages.turn(true);
    const second = await rig.read();
    await sendRows(numbered(5, 'later'));
    await until(async () => (await rig.recorded()) === 20_055);
    await until(async () => (await rig.source(0)).settled);
    const { id } = await rig.source(0);
    const published = await rig.rows(id);
    expect(textsOf(published)).toEqual([...numbered(50), ...Array(20_000).fill('{}'), ...numbered(5, 'later')]);
    expect((await rig.chunks(id)).slice(0, recorded.length)).toMatchObject(
      recorded.map(({ chunk, byte_start, byte_end, records }) => ({ chunk, byte_start, byte_end, records })),
    );
    expect(second.failures).toEqual([]);
    expect((await rig.chunks(id)).every(({ heals }) => heals === 0)).toBe(true);
  });

  it('chunks in the middle that were published are not published again', async () => {
    // Each in a chunk of its own.
    for (const [offset, text] of ['a,1', 'b,2', 'c,3'].entries()) {
      await sendRows([text]);
      const flow = rig.flow({ publisher: broken });
      await flow.begin({ topic: rig.topic, partition: 0 });
      await flow.apply(messages(0, ['a,1', 'b,2', 'c,3'].slice(0, offset + 1))).catch(() => {});
      await flow.stop();
    }
    const { id } = await rig.source(0);
    expect(await rig.chunks(id)).toHaveLength(3);
    await rig.db.query('update millrace.chunks set published_at = now() where source = $1 and chunk = 1', [id]);

    await rig.read();
    await until(async () => (await rig.chunks(id)).filter(({ published_at }) => published_at).length === 3);
    expect((await rig.bronze()).map(({ chunk }) => chunk).sort()).toEqual([0, 2]);
  });

  it('what was lost on the way is healed, and counted', async () => {
    const first = await rig.read();
    await sendRows(['a,1', 'b,2']);
    await until(async () => (await rig.chunks()).some(({ published_at }) => published_at));
    await rig.emptyBronze();
    await until(() => first.failures.length > 0);
    expect(first.failures[0]).toMatchObject({ code: 'STALLED', retriable: true });
    await first.stop();
    const lost = await rig.chunks();
    expect(lost.every(({ heals, published_at }) => heals === 1 && published_at === null)).toBe(true);

    rig.stages.turn(true);
    // By whoever publishes it again: the metrics of whoever found it lost end with it.
    const counted = async () =>
      (await metrics.heals.get()).values.find(({ labels }) => labels.dataset === rig.plan.name)?.value;
    const before = await counted();
    await rig.read();
    await until(async () => (await rig.source(0)).settled);
    expect(textsOf(await rig.rows((await rig.source(0)).id))).toEqual(['a,1', 'b,2']);
    expect([before, await counted()]).toEqual([0, lost.length]);
  });
});

describe('two owners of a partition', () => {
  it('cannot both record one range', async () => {
    await sendRows(['a,1', 'b,2', 'c,3']);
    const [first, second] = [rig.flow(), rig.flow()];
    const place = { topic: rig.topic, partition: 0 };
    await Promise.all([first.begin(place), second.begin(place)]);
    const outcomes = await Promise.allSettled([
      first.apply(messages(0, ['a,1', 'b,2'])),
      second.apply(messages(0, ['a,1', 'b,2'])),
    ]);
    const refused = outcomes.find(({ status }) => status === 'rejected');
    expect(refused).toMatchObject({ reason: { code: 'OFFSET_FENCED', retriable: true } });
    expect(await rig.recorded()).toBe(2);
    const [winner, loser] = outcomes[0].status === 'fulfilled' ? [first, second] : [second, first];
    await winner.apply(messages(2, ['c,3']));
    // Begun anew it knows what the other one recorded.
    expect(await loser.begin(place)).toBeLessThanOrEqual(3n);
    await loser.apply(messages(0, ['a,1', 'b,2', 'c,3']));
    expect(await rig.recorded()).toBe(3);
  });
});

describe('a repeat by its key', () => {
  const rowsOf = async (partition: number) => textsOf(await rig.rows((await rig.source(partition)).id));

  it('is left out wherever it lands, and told', async () => {
    rig.stages.turn(true);
    await rig.read();
    const repeated = async () =>
      (await metrics.rows.get()).values.find(
        ({ labels: { dataset, outcome } }) => dataset === rig.plan.name && outcome === 'repeated',
      )?.value ?? 0;
    const before = await repeated();
    await rig.send([{ value: 'a,1', key: 'one' }]);
    await until(async () => (await rig.recorded()) === 1);
    await rig.send([
      { value: 'a,1', key: 'one' },
      { value: 'b,2', key: 'two' },
      { value: batch('json', '', ['{}', '{}']), key: 'one', partition: 1 },
      { value: 'c,3', partition: 1 },
    ]);
    await until(async () => (await rig.recorded()) === 3);
    await until(async () => (await rig.sources()).every(({ settled }) => settled));
    expect([await rowsOf(0), await rowsOf(1)]).toEqual([['a,1', 'b,2'], ['c,3']]);
    const dropped = (await rig.chunks()).map(({ source, dropped: offsets }) => [source, offsets]);
    const [zero, one] = [(await rig.source(0)).id, (await rig.source(1)).id];
    expect(dropped.filter(([, offsets]) => offsets)).toEqual([
      [zero, ['1']],
      [one, ['0']],
    ]);
    const requests = await rig.db.query(
      'select key, source, "offset", rows, repeats from millrace.requests where dataset = $1 order by key',
      [rig.plan.name],
    );
    expect(requests).toEqual([
      { key: 'one', source: zero, offset: 0, rows: 1, repeats: 2 },
      { key: 'two', source: zero, offset: 2, rows: 1, repeats: 0 },
    ]);
    expect((await repeated()) - before).toBe(3);
  });

  it('counts once when several come in one fetch, or at once in several partitions', async () => {
    const key = { 'idempotency-key': Buffer.from('k') };
    for (const partition of [0, 1, 2])
      await rig.send([
        { value: 'a,1', key: 'k', partition },
        { value: 'a,1', key: 'k', partition },
      ]);
    const flows = await Promise.all(
      [0, 1, 2].map(async (partition) => {
        const flow = rig.flow();
        await flow.begin({ topic: rig.topic, partition });
        return flow;
      }),
    );
    await Promise.all(flows.map((flow, partition) => flow.apply(messages(0, ['a,1', 'a,1'], partition, key))));
    expect(await rig.recorded()).toBe(1);
    const [request] = await rig.db.query<{ repeats: number }>('select repeats from millrace.requests');
    expect(request.repeats).toBe(5);
  });

  it('counts once when its key was claimed before, and is the same after a restart', async () => {
    await claimKey(rig.db, { dataset: rig.plan.name, key: 'k', body_hash: Buffer.from('x'), rows: 1 });
    await rig.send([
      { value: 'a,1', key: 'k' },
      { value: 'a,1', key: 'k' },
      { value: 'b,2', key: 'with\0nul' },
      { value: 'b,2', key: 'with\0nul' },
    ]);
    const first = await rig.read({ publisher: broken });
    await until(async () => (await rig.recorded()) === 2);
    await first.stop();
    rig.stages.turn(true);
    await rig.read();
    await until(async () => (await rig.source(0)).settled);
    expect(await rig.rows((await rig.source(0)).id)).toEqual([
      [at(0), 'csv', 'a,1'],
      [at(2), 'csv', 'b,2'],
    ]);
  });
});

describe('an inbox that was made anew', () => {
  it.each(['while it is read', 'while nobody reads'])(
    'is another source: nothing is lost or doubled (%s)',
    async (when) => {
      rig.stages.turn(true);
      const first = await rig.read();
      await sendRows(numbered(20, 'old'));
      await until(async () => (await rig.recorded()) === 20);
      await until(async () => (await rig.source(0)).settled);
      const former = await rig.source(0);
      if (when === 'while nobody reads') await first.stop();
      await rig.recreate();
      // More than before: the offset to go on with is there again.
      await sendRows(numbered(30, 'new'));
      let current = first;
      await until(async () => {
        // As the supervisor does.
        if (current.failures.length > 0) await current.stop();
        if (current.failures.length > 0 || (when === 'while nobody reads' && current === first))
          current = await rig.read();
        return (await rig.recorded()) === 50;
      });
      await until(async () => (await rig.source(0)).settled);
      const latter = await rig.source(0);
      expect(latter.id).not.toBe(former.id);
      expect(textsOf(await rig.rows(former.id))).toEqual(numbered(20, 'old'));
      expect(textsOf(await rig.rows(latter.id))).toEqual(numbered(30, 'new'));
      expect((await books(rig.db)).every(({ balanced }) => balanced)).toBe(true);
      // Asked again, the sources are those that are there.
      const sources = await ensureInboxSources(rig.db, rig.kafka, rig.plan.name);
      expect(sources.find(({ partition }) => partition === 0)).toMatchObject({
        source: latter.id,
        topic_id: latter.topic_id,
      });
    },
  );

  it('leaves what was recorded and not applied of the former one red', async () => {
    await sendRows(['a,1']);
    const first = await rig.read({ publisher: broken });
    await until(async () => (await rig.recorded()) === 1);
    await first.stop();
    const former = await rig.source(0);
    await rig.recreate();
    await sendRows(['b,2']);
    rig.stages.turn(true);
    await rig.read();
    await until(async () => (await rig.source(0)).id !== former.id && (await rig.recorded()) === 2);
    await until(async () => (await rig.bronze()).length === 1);
    await rig.emptyBronze();
    await until(async () => (await books(rig.db)).some(({ source, failed }) => source === former.id && failed === 1));
    const [red] = (await books(rig.db)).filter(({ source }) => source === former.id);
    expect(red.balanced).toBe(false);
    expect((await rig.sources()).find(({ id }) => id === former.id)?.error?.code).toBe('INBOX_LOST');
  });
});

describe('an inbox that was cut', () => {
  const gaps = async () =>
    (await metrics.offsetGaps.get()).values.find(({ labels }) => labels.topic === rig.topic)?.value ?? 0;

  it('below what is not recorded tells what it lost, and goes on', async () => {
    await ensureInboxSources(rig.db, rig.kafka, rig.plan.name);
    await sendRows(numbered(10));
    await rig.kafka.deleteRecords(rig.topic, [{ partition: 0, offset: 4n }]);
    rig.stages.turn(true);
    const { failures } = await rig.read();
    await until(async () => (await rig.recorded()) === 6);
    await until(async () => (await rig.source(0)).settled);
    const { id, error, state } = await rig.source(0);
    expect(textsOf(await rig.rows(id))).toEqual(numbered(10).slice(4));
    expect(error).toMatchObject({ code: 'INBOX_LOST', message: expect.stringContaining('offsets 0 to 3') });
    expect([state, await gaps(), failures]).toEqual(['live', 1, []]);
    expect((await rig.chunks(id))[0]).toMatchObject({ byte_start: 0, first_record: at(4) });
  });

  it('below what is recorded and not published marks the chunk as failed, and goes on', async () => {
    await sendRows(['a,1', 'b,2']);
    const first = await rig.read({ publisher: broken });
    await until(async () => (await rig.recorded()) === 2);
    await first.stop();
    await rig.kafka.deleteRecords(rig.topic, [{ partition: 0, offset: 2n }]);
    await sendRows(['c,3']);
    rig.stages.turn(true);
    const second = await rig.read();
    await until(async () => (await rig.recorded()) === 3);
    const { id } = await rig.source(0);
    await until(async () => (await rig.bronze()).length === 1);
    expect(textsOf(await rig.rows(id))).toEqual(['c,3']);
    await rig.emptyBronze();
    await until(async () => (await rig.source(0)).settled);
    const [book] = (await books(rig.db)).filter(({ source }) => source === id);
    expect(book).toMatchObject({ rows_in: 3, failed: 2, balanced: false, complete: true });
    const [aside] = await rig.db.query(
      'select code, topic, partition, "offset", source, chunk from millrace.set_aside',
    );
    expect(aside).toEqual({ code: 'INBOX_LOST', topic: rig.topic, partition: 0, offset: 0, source: id, chunk: 0 });
    expect(second.failures).toEqual([]);
  });

  it('at its end goes on as another source, and nothing new is passed over', async () => {
    await sendRows(['a,1', 'b,2']);
    const first = await rig.read();
    rig.stages.turn(true);
    await until(async () => (await rig.source(0))?.settled && (await rig.recorded()) === 2);
    await first.stop();
    const former = await rig.source(0);
    // As if the broker had lost what it acknowledged: recorded is more than it has.
    await rig.db.query('update millrace.sources set next_record = $2 where id = $1', [former.id, at(5)]);
    await sendRows(['c,3']);
    const second = await rig.read();
    await until(async () => (await rig.recorded()) === 5);
    await until(async () => (await rig.source(0)).settled);
    const latter = await rig.source(0);
    expect(latter.topic_id).toBe(`${former.topic_id}.2`);
    expect(textsOf(await rig.rows(latter.id))).toEqual(['a,1', 'b,2', 'c,3']);
    expect(second.failures).toEqual([]);
  });
});

describe('the inbox', () => {
  it('keeps everything that is not applied', async () => {
    const lows = async () => (await rig.kafka.lag(rig.group, [rig.topic])).map(({ low }) => low);
    await rig.read({}, { MILLRACE_TRIM: true, MILLRACE_STALL_MS: 1000 });
    await sendRows(['a,1', 'b,2']);
    await until(async () => (await rig.chunks()).some(({ published_at }) => published_at));
    await rig.stages.resolveNow();
    await until(async () => (await lows())[0] === 2n);
    await sendRows(['c,3']);
    await until(async () => (await rig.recorded()) === 3);
    await sendRows(['d,4']);
    await until(async () => (await rig.chunks()).filter(({ published_at }) => published_at).length >= 3);
    // What is published later has its outcome first: it must wait for the one before.
    const { id } = await rig.source(0);
    const [open] = (await rig.chunks(id)).filter(({ first_record }) => first_record === at(2));
    await rig.db.query(
      `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots)
       select source, chunk, records, records, 0, '{}' from millrace.chunks where source = $1 and chunk > $2`,
      [id, open.chunk],
    );
    const flow = rig.flow();
    await flow.begin({ topic: rig.topic, partition: 0 });
    expect(flow.keepFrom({ topic: rig.topic, partition: 0 })).toBe(2n);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect((await lows())[0]).toBe(2n);
    await rig.stages.resolveNow();
    await until(async () => (await lows())[0] === 4n);
  });

  it('is read no further than the bound while nothing is applied, and that is no stall', async () => {
    const limits = { in_flight_bytes: 3000, poll_ms: 50, quiet_ms: 60_000 };
    const held = await rig.read({ limits }, { MILLRACE_STALL_MS: 1000 });
    for (let message = 0; message < 8; message++) {
      const recorded = await rig.recorded();
      await rig.send([{ value: `${message},`.padEnd(1000, 'x') }]);
      if (message < 2) await until(async () => (await rig.recorded()) === recorded + 1);
    }
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(await rig.recorded()).toBeLessThanOrEqual(3);
    // It ends as it should also while it waits, and its successor reads what it had in hand.
    await held.stop();
    expect(await rig.recorded()).toBeLessThanOrEqual(3);
    rig.stages.turn(true);
    const { failures } = await rig.read({ limits });
    await until(async () => (await rig.recorded()) === 8);
    expect([...held.failures, ...failures]).toEqual([]);
    await until(async () => (await rig.source(0)).settled);
    expect(await rig.rows((await rig.source(0)).id)).toHaveLength(8);
  });

  it('goes on with the next source where one holds no more offsets', async () => {
    const [first] = await ensureInboxSources(rig.db, rig.kafka, rig.plan.name);
    await rig.db.query('update millrace.sources set next_record = $2 where id = $1', [
      first.source,
      Number.MAX_SAFE_INTEGER,
    ]);
    const [next, ...others] = await ensureInboxSources(rig.db, rig.kafka, rig.plan.name);
    expect(next).toMatchObject({ partition: 0, topic_id: first.topic_id, base_offset: 2n ** 33n, next_record: 0 });
    expect(others.every(({ base_offset }) => base_offset === 0n)).toBe(true);
    const flow = rig.flow();
    expect(await flow.begin({ topic: rig.topic, partition: 0 })).toBe(2n ** 33n);
  });
});
