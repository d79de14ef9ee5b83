import { MillraceError } from '@millrace/contracts';
import type { Producer, ProducerBatch } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { InboxPublisher } from './inbox-publisher.js';

const topic = 'inbox.sales';
const message = (text: string, partition = 0, size_bytes = text.length) => ({
  topic,
  partition,
  value: Buffer.alloc(size_bytes, text),
});

/** A log for each partition; `refuses` says what the broker finds too large. */
function client(refuses: (texts: string[]) => boolean = () => false) {
  const requests: { texts: string[]; end: (error?: unknown) => void }[] = [];
  const logs = [0, 0];
  const producers: { closed: boolean }[] = [];
  const connect = async () => {
    const producer = { closed: false };
    producers.push(producer);
    const sendBatch = ({ topicMessages = [] }: ProducerBatch) =>
      new Promise((resolve, reject) => {
        const sent = topicMessages.flatMap(({ messages }) => messages);
        const texts = sent.map(({ value }) => String(value).slice(0, 8));
        const tooLarge = Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });
        const answer = () =>
          [0, 1].flatMap((partition) => {
            const count = sent.filter((one) => one.partition === partition).length;
            const baseOffset = String(logs[partition]);
            logs[partition] += count;
            return count > 0 ? [{ topicName: topic, partition, baseOffset }] : [];
          });
        const end = (error?: unknown) => {
          if (error ?? refuses(texts)) reject(error ?? tooLarge);
          else resolve(answer());
        };
        requests.push({ texts, end });
      });
    const disconnect = async () => {
      producer.closed = true;
    };
    return { sendBatch, disconnect } as unknown as Producer;
  };
  return { requests, producers, publisher: new InboxPublisher(connect) };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('an inbox publisher', () => {
  it('has one request under way, sends together what waits, and tells each message its offset', async () => {
    const { requests, publisher } = client();
    const sent = [message('a'), message('b', 1), message('c'), message('d', 1)].map((one) => publisher.publish(one));
    await turn();
    expect(requests.map(({ texts }) => texts)).toEqual([['a']]);
    requests[0].end();
    await turn();
    expect(requests[1].texts).toEqual(['b', 'c', 'd']);
    requests[1].end();
    expect(await Promise.all(sent)).toEqual([{ offset: 0n }, { offset: 0n }, { offset: 1n }, { offset: 1n }]);
  });

  it('after a failure goes on with another producer, whose numbers no late message of the former can meet', async () => {
    const { requests, producers, publisher } = client();
    const failed = ['a', 'b'].map((text) => publisher.publish(message(text)));
    const outcomes = Promise.allSettled(failed);
    await turn();
    requests[0].end(new Error('gone'));
    await turn();
    requests[1].end();
    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'KAFKA_UNREACHABLE', retriable: true } },
      { status: 'fulfilled' },
    ]);
    expect(producers).toEqual([{ closed: true }, { closed: false }]);
  });

  it('rejects all publications of a request that failed', async () => {
    const { requests, publisher } = client();
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map((text) => publisher.publish(message(text))));
    await turn();
    requests[0].end();
    await turn();
    requests[1].end(new Error('gone'));
    const rejected = { status: 'rejected', reason: { code: 'KAFKA_UNREACHABLE' } };
    expect(await outcomes).toMatchObject([{ status: 'fulfilled' }, rejected, rejected]);
  });

  it('lets only the message suffer that the broker finds too large, on the same producer', async () => {
    const { requests, producers, publisher } = client((texts) => texts.includes('large'));
    const sent = [message('first'), message('a'), message('large'), message('b', 1)];
    const outcomes = Promise.allSettled(sent.map((one) => publisher.publish(one)));
    for (let request = 0; request < 6; request++) {
      await turn();
      requests[request].end();
    }
    const tooLarge = { status: 'rejected', reason: { code: 'MESSAGE_TOO_LARGE' } };
    const fine = { status: 'fulfilled' };
    expect(await outcomes).toMatchObject([fine, fine, tooLarge, fine]);
    expect(requests.map(({ texts }) => texts.join())).toEqual([
      'first',
      'a,large,b',
      // By partition first: what the broker has of them already it recognizes.
      'a,large',
      'a',
      'large',
      'b',
    ]);
    expect(producers).toEqual([{ closed: false }]);
  });

  it('keeps a request within its bound', async () => {
    const { requests, publisher } = client();
    const sent = ['a', 'b', 'c'].map((text) => publisher.publish(message(text, 0, 3 * 1024 * 1024)));
    for (let request = 0; request < 3; request++) {
      await turn();
      expect(requests[request].texts).toHaveLength(1);
      requests[request].end();
    }
    expect(await Promise.all(sent)).toEqual([{ offset: 0n }, { offset: 1n }, { offset: 2n }]);
  });

  it('refuses a message over the limit before anything is sent, and everything once it is closed', async () => {
    const { requests, producers, publisher } = client();
    await expect(publisher.publish(message('a', 0, 9 * 1024 * 1024))).rejects.toBeInstanceOf(MillraceError);
    expect(requests).toEqual([]);
    await publisher.open();
    await publisher.close();
    expect(producers).toEqual([{ closed: true }]);
    await expect(publisher.publish(message('a'))).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  });
});
