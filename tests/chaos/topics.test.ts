import { topicName } from '@millrace/contracts';
import { connectKafka, type IncomingMessage, type KafkaClient, type Publisher } from '@millrace/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Delivery, makeDeliveries } from '../harness/deliveries.js';
import { Pipeline } from '../harness/pipeline.js';

const LAYERS = ['bronze', 'silver', 'screened', 'rejects'] as const;
const { deliveries, remove } = makeDeliveries(4, 60_000);

let pipeline: Pipeline;
let kafka: KafkaClient;
let publisher: Publisher;

const counts = ({ answer }: Delivery) => {
  const { rows_in, written, duplicates, rejected } = answer.totals;
  return { rows_in, written, duplicates, rejected };
};

/** Everything that lies in a topic from its log's start, read with a group of our own. */
async function readAll(topic: string): Promise<IncomingMessage[]> {
  const group = `test-${topic}-${Date.now()}`;
  const ends = await kafka.lag(group, [topic]);
  const wanted = ends.reduce((sum, { high, low }) => sum + Number(high - low), 0);
  const messages: IncomingMessage[] = [];
  if (wanted === 0) return messages;
  let done = () => {};
  const complete = new Promise<void>((resolve) => {
    done = resolve;
  });
  const consumer = kafka.consumer({
    group,
    topics: [topic],
    onAssigned: () => {},
    onOutOfRange: () => {},
    onCrash: () => {},
    onBatch: async (batch) => {
      for (const message of batch.messages) {
        messages.push(message);
        batch.taken(message.offset);
      }
      if (messages.length >= wanted) done();
    },
  });
  await consumer.start();
  await complete;
  await consumer.close();
  return messages;
}

function copyOf({ topic, partition, value, headers }: IncomingMessage) {
  return { topic, partition, key: 'copy', value: value as Buffer, headers: headers as Record<string, Buffer> };
}

describe('topics', () => {
  beforeAll(async () => {
    // Without trimming, so that what was delivered can be delivered again.
    pipeline = await Pipeline.start('', { MILLRACE_IN_FLIGHT_BYTES: String(1024 * 1024), MILLRACE_TRIM: '0' });
    kafka = await connectKafka({ brokers: [pipeline.kafka_brokers], clientId: 'test' });
    publisher = await kafka.producer();
  }, 120_000);

  afterAll(async () => {
    await publisher?.close();
    await kafka?.close();
    await pipeline?.stop();
    remove();
  });

  it('every message of every topic delivered a second time changes nothing', async () => {
    const { exit_code } = await pipeline.run(deliveries[0].directory);
    expect(exit_code).toBe(0);
    let copies = 0;
    for (const layer of LAYERS) {
      const messages = await readAll(topicName(layer, 'sales'));
      copies += messages.length;
      for (let at = 0; at < messages.length; at += 16) {
        await publisher.publish(messages.slice(at, at + 16).map(copyOf));
      }
    }
    expect(copies).toBeGreaterThan(20);
    // The next run comes behind the copies in each partition: when it is done, they have been worked off.
    const { exit_code: second, result } = await pipeline.run(deliveries[1].directory);
    expect({ exit_code: second, ...result }).toMatchObject({ exit_code: 0, heals: 0, ...counts(deliveries[1]) });
    const written = deliveries[0].answer.totals.written + deliveries[1].answer.totals.written;
    expect(await pipeline.count('select count(*) from sales')).toBe(written);
  }, 180_000);

  it('a bronze topic deleted in mid-run is healed, counted, and the result exact', async () => {
    // With the cleaner stopped, what has been published is still unread: it is lost for certain.
    expect(await pipeline.signal('cleaner-1', 'SIGSTOP')).toBeGreaterThan(0);
    const run = pipeline.run(deliveries[2].directory);
    const unread = 'select count(*) from millrace.chunk_outcomes where published_at is not null and not resolved';
    await expect.poll(() => pipeline.count(unread), { timeout: 30_000 }).toBeGreaterThan(0);
    await kafka.deleteTopics([topicName('bronze', 'sales')]);
    await pipeline.signal('cleaner-1', 'SIGCONT');
    const { exit_code, result, stderr } = await run;
    expect({ exit_code, ...result }, stderr).toMatchObject({ exit_code: 0, balanced: true, ...counts(deliveries[2]) });
    expect(result.heals).toBeGreaterThan(0);
  }, 180_000);

  it('poison on any topic is set aside with its reason, the rest goes on, and the run ends red', async () => {
    const [sample] = await readAll(topicName('silver', 'sales'));
    const wrongVersion = Buffer.from(sample.value as Buffer);
    wrongVersion[5] = 99;
    const damaged = Buffer.from(sample.value as Buffer);
    damaged[damaged.length - 1] ^= 1;
    const poisons = [
      Buffer.from('{"not":"ours"}'),
      Buffer.alloc(0),
      wrongVersion,
      damaged,
      Buffer.alloc(6 * 1024 * 1024, 7),
    ];
    for (const layer of LAYERS) {
      for (const value of poisons) {
        await publisher.publish([{ topic: topicName(layer, 'sales'), partition: 0, key: 'poison', value }]);
      }
    }
    // In front of the run's own messages, so that these have to come through behind it.
    const { exit_code, result } = await pipeline.run(deliveries[3].directory);
    expect({ exit_code, ...result }).toMatchObject({ exit_code: 1, balanced: true, ...counts(deliveries[3]) });
    expect(await pipeline.count('select count(*) from millrace.set_aside')).toBe(LAYERS.length * poisons.length);
    const codes = await pipeline.database.query<{ code: string }>('select distinct code from millrace.set_aside');
    expect(codes.map(({ code }) => code)).toEqual(expect.arrayContaining(['MESSAGE_GARBAGE', 'MESSAGE_VERSION']));
  }, 180_000);
});
