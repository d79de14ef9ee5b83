import { MillraceError } from '@millrace/contracts';
import type { Producer, ProducerBatch } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { Publisher } from './publisher.js';

const message = (text: string, size_bytes = 10) => ({
  topic: 'silver.sales',
  partition: 0,
  key: text,
  value: Buffer.alloc(size_bytes, text),
});

/** A client whose requests end when the test says so. */
function client() {
  const requests: { keys: string[]; end: (error?: unknown) => void }[] = [];
  const sendBatch = ({ topicMessages = [] }: ProducerBatch) =>
    new Promise<[]>((resolve, reject) => {
      const keys = topicMessages.flatMap(({ messages }) => messages.map(({ key }) => String(key)));
      requests.push({ keys, end: (error) => (error ? reject(error) : resolve([])) });
    });
  return { requests, publisher: new Publisher({ sendBatch } as unknown as Producer) };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a publisher', () => {
  it('sends together what waits for the request under way, in order', async () => {
    const { requests, publisher } = client();
    const sent = ['a', 'b', 'c'].map((text) => publisher.publish([message(text)]));
    expect(requests.map(({ keys }) => keys)).toEqual([['a']]);
    requests[0].end();
    await sent[0];
    await turn();
    expect(requests.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c']]);
    requests[1].end();
    await Promise.all(sent);
  });

  it('keeps a request within its bound', async () => {
    const { requests, publisher } = client();
    const sent = ['a', 'b', 'c'].map((text) => publisher.publish([message(text, 3 * 1024 * 1024)]));
    for (let request = 0; request < 3; request++) {
      expect(requests).toHaveLength(request + 1);
      requests[request].end();
      await sent[request];
      await turn();
    }
    expect(requests.map(({ keys }) => keys)).toEqual([['a'], ['b'], ['c']]);
  });

  it('lets only the message suffer that the broker finds too large', async () => {
    const { requests, publisher } = client();
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map((text) => publisher.publish([message(text)])));
    requests[0].end();
    await turn();
    requests[1].end(Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }));
    await turn();
    requests[2].end(Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }));
    await turn();
    requests[3].end();
    const [, b, c] = await outcomes;
    expect(b).toMatchObject({ status: 'rejected', reason: { code: 'MESSAGE_TOO_LARGE' } });
    expect(c).toMatchObject({ status: 'fulfilled' });
  });

  it('tells every publication of a request that failed', async () => {
    const { requests, publisher } = client();
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map((text) => publisher.publish([message(text)])));
    for (let request = 0; request < 2; request++) {
      requests[request].end(new Error('gone'));
      await turn();
    }
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'KAFKA_UNREACHABLE' } });
    }
  });

  it('refuses a message over the limit before anything is sent', async () => {
    const { requests, publisher } = client();
    const refused = publisher.publish([message('a'), message('b', 9 * 1024 * 1024)]);
    await expect(refused).rejects.toBeInstanceOf(MillraceError);
    expect(requests).toEqual([]);
  });
});
