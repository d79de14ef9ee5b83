import { afterEach, expect, it } from 'vitest';
import { Flight, type FlightParts } from './flight.js';
import type { ReadChunk } from './steps/chunk-row.js';

const ending = new AbortController();
afterEach(() => ending.abort(new Error('the test ends')));

function chunkOf(chunk: number): ReadChunk {
  const row = {
    ...{ source: 1, chunk, fingerprint: '00000000000000ff', flags: 0, byte_start: chunk, byte_end: chunk + 1 },
    ...{ first_record: chunk + 1, records: 1, content_hash: Buffer.alloc(32) },
  };
  return { row, header: Buffer.from('a'), raw: Buffer.from('1') };
}

it('a chunk that was sent and acknowledged while the stages were asked is not taken for lost', async () => {
  const asked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const healed: number[][] = [];
  const parts = {
    // Nothing is ever resolved.
    db: { query: async () => [] },
    kafka: {
      ensureTopics: async () => {},
      lag: async () => {
        asked.resolve();
        await goOn.promise;
        return [];
      },
    },
    publisher: { publish: async () => {} },
    plans: new Map(),
    log: { warn: () => {}, error: () => {} },
    limits: { in_flight_bytes: 1000, poll_ms: 1, quiet_ms: 0 },
    signal: ending.signal,
  } as unknown as FlightParts;
  const flight = new Flight(parts, 'x', async function* (lost) {
    healed.push(lost.map(({ chunk }) => chunk));
    for (const { chunk } of lost) yield chunkOf(chunk);
  });
  await flight.publish([chunkOf(0)]);
  flight.tend().catch(() => {});
  await asked.promise;
  await flight.publish([chunkOf(1)]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  goOn.resolve();
  await expect.poll(() => healed.length).toBeGreaterThan(0);
  expect(healed[0]).toEqual([0]);
});
