import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { InboxPauses } from './inbox-pauses.js';
import { PausedMessages } from './paused-messages.js';

/** Two datasets, what is paused of them, and what was done about it. */
function harness(paused: string[] = []) {
  const now = new Set(paused);
  const done: string[] = [];
  const listeners: (() => void)[] = [];
  let resuming = Promise.resolve();
  const pauses = {
    isPaused: (dataset: string) => now.has(dataset),
    onChange: (listener: () => void) => listeners.push(listener),
  };
  const flow = {
    pause: (dataset: string) => void done.push(`keep ${dataset}`),
    resume: async (dataset: string) => {
      await resuming;
      done.push(`take ${dataset}`);
    },
  };
  const told = (what: string) => (topics: readonly string[]) => void done.push(`${what} ${topics}`);
  const consumer = { pause: told('pause'), resume: told('fetch') };
  const inbox = new InboxPauses(['a', 'b'], pauses as never, flow, (error) => done.push(String(error)));
  const change = async (...wanted: string[]) => {
    now.clear();
    for (const dataset of wanted) now.add(dataset);
    for (const listener of listeners) listener();
    await setImmediate();
  };
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    resuming = promise;
    return resolve;
  };
  return { inbox, consumer, done, change, hold };
}

describe('the inbox of a paused dataset', () => {
  it('is not fetched from the start on, and goes on with what was kept before it is fetched', async () => {
    const { inbox, consumer, done, change } = harness(['a']);
    expect(done).toEqual(['keep a']);
    await setImmediate();
    inbox.started(consumer);
    await change('a', 'b');
    expect(done).toEqual(['keep a', 'pause inbox.a', 'keep a', 'keep b', 'pause inbox.b']);
    await change('b');
    expect(done.slice(5)).toEqual(['keep b', 'take a', 'fetch inbox.a']);
  });

  it('stays paused where the next pause comes while it takes what was kept', async () => {
    const { inbox, consumer, done, change, hold } = harness(['a']);
    await setImmediate();
    inbox.started(consumer);
    const release = hold();
    await change();
    await change('a');
    release();
    await setImmediate();
    expect(done).not.toContain('fetch inbox.a');
    expect(done.slice(-2)).toEqual(['take a', 'keep a']);
    await change();
    expect(done.at(-1)).toBe('fetch inbox.a');
  });
});

describe('messages of a paused dataset', () => {
  const message = (topic: string, offset: number, partition = 0) =>
    ({ topic, partition, offset: BigInt(offset) }) as never;

  it('are kept in their order, the others pass; those of a partition that is read anew are dropped', () => {
    const messages = new PausedMessages();
    const [a, b, c] = [message('inbox.a', 0), message('inbox.b', 0), message('inbox.a', 1, 1)];
    expect(messages.keep([a, b])).toEqual([a, b]);
    messages.pause('a');
    expect(messages.keep([a, b, c])).toEqual([b]);
    messages.pause('a');
    expect(messages.keep([message('inbox.a', 1)])).toEqual([]);
    messages.forget({ topic: 'inbox.a', partition: 0 });
    expect([messages.isPaused('inbox.a'), messages.isPaused('inbox.b')]).toEqual([true, false]);
    expect(messages.resume('a')).toEqual([c]);
    expect(messages.keep([a])).toEqual([a]);
  });
});
