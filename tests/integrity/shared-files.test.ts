import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Chunk, encodeChunk, LIMITS } from '@millrace/contracts';
import type { Publisher } from '@millrace/kafka';
import { describe, expect, it } from 'vitest';
import { LeaseHolder } from '../../apps/ingestor/src/files/lease-holder.js';
import { until } from '../harness/until.js';
import { rig, withIngestorRig } from './with-ingestor-rig.js';

const HEADER = 'id,name\n';

withIngestorRig('shared');

function rows(size: number, mark: string): string {
  let text = '';
  for (let id = 1; text.length < size; id++) text += `${mark}${id},${'n'.repeat(200)}\n`;
  return text;
}

/** Every file's text as it was published: each chunk once in PostgreSQL, and always the same bytes in Kafka. */
async function published(): Promise<Map<string, string>> {
  const chunks = Map.groupBy(await rig.bronze(), ({ source }) => source);
  const texts = new Map<string, string>();
  for (const { id, path } of await rig.sources()) {
    const byNumber = Map.groupBy(chunks.get(id) ?? [], ({ chunk }) => chunk);
    const inOrder = [...byNumber].sort(([a], [b]) => a - b).map(([, same]) => same);
    for (const same of inOrder) expect(new Set(same.map(textOfMessage)).size).toBe(1);
    expect((await rig.chunkRows(id)).map(({ chunk }) => chunk)).toEqual(inOrder.map(([{ chunk }]) => chunk));
    texts.set(path.split('/').at(-1) as string, inOrder.map(([{ raw }]) => raw.toString()).join(''));
  }
  return texts;
}

const textOfMessage = (chunk: Chunk) => encodeChunk(chunk).toString('latin1');

/** A publisher of an ingestor's own that counts, and that can be held up as a process that hangs. */
function publisherOf(): { publisher: Publisher; chunks: () => number; hang: () => void; goOn: () => void } {
  let chunks = 0;
  let gate = Promise.resolve();
  let open = () => {};
  const publish: Publisher['publish'] = async (messages) => {
    await gate;
    chunks += messages.length;
    await rig.publisher.publish(messages);
  };
  const hang = () => {
    gate = new Promise((resolve) => {
      open = resolve;
    });
  };
  return { publisher: { publish } as Publisher, chunks: () => chunks, hang, goOn: () => open() };
}

describe('a lease', () => {
  const limits = { ttl_ms: 300, renew_ms: 50 };
  const SUBJECT = 'source:1';

  it('lasts as long as it is renewed, and is free at once when it is given back', async () => {
    const [one, two] = ['one', 'two'].map((owner) => new LeaseHolder(rig.db, owner, limits));
    const ending = new AbortController();
    const renewing = one.run(ending.signal).catch(() => {});
    expect(await one.take([SUBJECT, 'scan:1'])).toEqual([SUBJECT, 'scan:1']);
    await sleep(3 * limits.ttl_ms);
    expect(await two.take([SUBJECT, 'scan:2'])).toEqual(['scan:2']);
    expect([one.holds(SUBJECT), two.holds(SUBJECT)]).toEqual([true, false]);
    await one.release([SUBJECT]);
    expect(one.holds(SUBJECT)).toBe(false);
    expect(await two.take([SUBJECT])).toEqual([SUBJECT]);
    ending.abort();
    await renewing;
  });

  it('that is not renewed is held no longer; whoever lost it is told once it renews again', async () => {
    const [one, two] = ['one', 'two'].map((owner) => new LeaseHolder(rig.db, owner, limits));
    const lost: string[] = [];
    one.onLost((subject) => lost.push(subject));
    await one.take([SUBJECT, 'watch:1']);
    await sleep(limits.ttl_ms + 50);
    expect(one.holds(SUBJECT)).toBe(false);
    expect(await two.take([SUBJECT])).toEqual([SUBJECT]);
    const ending = new AbortController();
    const renewing = one.run(ending.signal).catch(() => {});
    await until(async () => lost.length > 0);
    // Nobody else took the other one.
    expect([lost, one.holds(SUBJECT), one.holds('watch:1')]).toEqual([[SUBJECT], false, true]);
    ending.abort();
    await renewing;
  });
});

describe('several ingestors', () => {
  it('share the files of a scan, each of which is cut once', async () => {
    const texts = new Map<string, string>();
    for (let number = 1; number <= 8; number++)
      texts.set(`${number}.csv`, rows(2.5 * LIMITS.chunk_bytes, `${number}-`));
    for (let number = 9; number <= 60; number++) texts.set(`${number}.csv`, `${number},small\n`);
    for (const [name, text] of texts) rig.write(name, HEADER + text);
    const [one, two] = [publisherOf(), publisherOf()];
    const limits = { in_flight_bytes: 4 * LIMITS.chunk_bytes };
    const flows = [one, two].map(({ publisher }) => rig.run({ publisher, limits }));
    const id = await rig.request();
    await rig.ended(id);
    for (const flow of flows) await flow.stop();
    expect((await rig.scanRow(id)).state).toBe('finished');
    expect(await published()).toEqual(texts);
    expect(one.chunks()).toBeGreaterThan(0);
    expect(two.chunks()).toBeGreaterThan(0);
    expect(await rig.db.query('select * from millrace.leases')).toEqual([]);
  });

  it('of which one hangs: another takes its sources over, and it does no harm when it goes on', async () => {
    const texts = new Map(['a', 'b', 'c'].map((name) => [`${name}.csv`, rows(2.5 * LIMITS.chunk_bytes, name)]));
    for (const [name, text] of texts) rig.write(name, HEADER + text);
    const first = publisherOf();
    first.hang();
    const hanging = rig.run({ publisher: first.publisher, leases: { ttl_ms: 500, renew_ms: 600_000 } });
    const id = await rig.request();
    await until(
      async () =>
        (
          await rig.db.query(
            'select from millrace.chunks where source in (select source from millrace.scan_sources where scan = $1)',
            [id],
          )
        ).length > 0,
    );
    const second = rig.run();
    await rig.ended(id);
    first.goOn();
    await until(async () => first.chunks() > 0);
    await hanging.stop();
    await second.stop();
    expect((await rig.scanRow(id)).state).toBe('finished');
    expect(await published()).toEqual(texts);
  });

  it('that both believe they own everything bring each record once', async () => {
    const watch = await rig.watch();
    const texts = new Map<string, string>();
    for (let number = 1; number <= 4; number++)
      texts.set(`${number}.csv`, rows(1.5 * LIMITS.chunk_bytes, `${number}-`));
    for (const [name, text] of texts) rig.write(name, HEADER + text);
    // Of the same name, so that each takes the other's leases for its own.
    const flows = [1, 2].map(() => rig.run({ owner: 'twin', quiet_ms: 60_000 }));
    for (let step = 1; step <= 30; step++) {
      const name = `${1 + (step % 4)}.csv`;
      const more = `more-${step},x\n`;
      appendFileSync(rig.at(name), more);
      texts.set(name, texts.get(name) + more);
      await sleep(40);
    }
    const isAllRead = async () => {
      const sources = await rig.sources();
      const read = sources.filter(({ path, sealed_bytes, settled }) => {
        const text = texts.get(path.split('/').at(-1) as string);
        return settled && sealed_bytes === HEADER.length + (text?.length ?? 0);
      });
      return read.length === 4;
    };
    await until(isAllRead);
    for (const flow of flows) await flow.stop();
    expect(await published()).toEqual(texts);
    expect((await rig.sources()).map(({ state }) => state)).toEqual(['live', 'live', 'live', 'live']);
    expect(watch).toBeGreaterThan(0);
  });

  it('take a watch over from one that died', async () => {
    await rig.watch();
    rig.write('a.csv', `${HEADER}1,a\n2,`);
    const [{ id: watch }] = await rig.db.query<{ id: number }>('select max(id) as id from millrace.watches');
    // As a process that was killed leaves it.
    await rig.db.query(`insert into millrace.leases values ($1, 'dead', clock_timestamp() + interval '1 second')`, [
      `watch:${watch}`,
    ]);
    const flow = rig.run({ quiet_ms: 500 });
    await until(async () => (await rig.sources())[0]?.state === 'live');
    appendFileSync(rig.at('a.csv'), 'b\n');
    await until(async () => (await rig.sources())[0]?.state === 'cut');
    await rig.settled();
    expect(await published()).toEqual(new Map([['a.csv', '1,a\n2,b\n']]));
    await flow.stop();
  });
});
