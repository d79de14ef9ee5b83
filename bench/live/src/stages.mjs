import { setTimeout as sleep } from 'node:timers/promises';
import { hashKey } from '@millrace/columnar';
import { decodeBatch, decodeChunk, INBOX_PARTITIONS } from '@millrace/contracts';
import { KafkaClient } from '@millrace/kafka';
import { distribution } from './latency.mjs';

const TOPICS = ['bronze.sales', 'silver.sales', 'screened.sales'];
const PATIENCE_MS = 60_000;

/**
 * Every message of the stages' topics. Their timestamps are those of the moment in which the stage handed them to its client.
 * @param {string} brokers @returns {Promise<Map<string, { timestamp_ms: number, value: Buffer }[]>>} by topic
 */
async function readTopics(brokers) {
  const kafka = new KafkaClient({ brokers: brokers.split(','), clientId: 'bench' });
  const found = new Map(TOPICS.map((topic) => [topic, []]));
  const group = `bench.${process.pid}`;
  const ends = new Map(
    (await kafka.lag(group, TOPICS)).map(({ topic, partition, high }) => [`${topic}/${partition}`, high]),
  );
  const open = new Set([...ends].filter(([, high]) => high > 0n).map(([key]) => key));
  let failure;
  const consumer = kafka.consumer({
    group,
    topics: TOPICS,
    onAssigned() {},
    onOutOfRange() {},
    onCrash(error) {
      failure = error;
    },
    async onBatch({ topic, partition, messages, next_offset, taken }) {
      for (const { offset, value, timestamp_ms } of messages) {
        found.get(topic).push({ timestamp_ms, value });
        taken(offset);
      }
      if (next_offset >= ends.get(`${topic}/${partition}`)) open.delete(`${topic}/${partition}`);
    },
  });
  try {
    await consumer.start();
    for (const until = Date.now() + PATIENCE_MS; open.size > 0 && !failure; await sleep(50)) {
      if (Date.now() > until) throw new Error(`${[...open].join(', ')} could not be read to the end`);
    }
    if (failure) throw failure;
  } finally {
    await consumer.close();
    await kafka.close();
  }
  return found;
}

const lanes = new Uint32Array(2);

function hashOf(key) {
  const bytes = Buffer.from(key);
  hashKey(bytes, 0, bytes.length, lanes, 0);
  return `${lanes[0]}.${lanes[1]}`;
}

const batchOf = ({ source, chunk, slot }) => `${source}/${chunk}/${slot}`;

/** When each batch was published, the first time. @returns {Map<string, number>} by source, chunk and slot */
function publishedBatches(messages) {
  const batches = new Map();
  for (const { timestamp_ms, value } of messages) {
    const batch = batchOf(decodeBatch(value));
    if (!batches.has(batch)) batches.set(batch, timestamp_ms);
  }
  return batches;
}

/** The batch of each row, by the row's chunk and the hash of its key: those are on silver alone. */
function batchesOfRows(messages) {
  const rows = new Map();
  for (const { value } of messages) {
    const batch = decodeBatch(value);
    const { source, chunk, hashes } = batch;
    for (let at = 0; at < hashes.length; at += 2) {
      rows.set(`${hashes[at]}.${hashes[at + 1]}/${source}/${chunk}`, batchOf(batch));
    }
  }
  return rows;
}

/** The chunks of each source, in the order of their positions. */
function chunksBySource(messages) {
  const chunks = messages.map(({ timestamp_ms, value }) => ({ timestamp_ms, ...decodeChunk(value) }));
  for (const chunk of chunks) {
    chunk.raw = undefined;
    chunk.header = undefined;
  }
  chunks.sort((a, b) => a.first_record - b.first_record);
  return Map.groupBy(chunks, ({ source }) => source);
}

/**
 * Where the time of each row went.
 * @param {string} brokers
 * @param {{ order_id: string, source: number, record: number, handed_ms: number, committed_ms: number }[]} rows
 * @returns {Promise<object>} distributions by part of the way, and how the work was portioned
 */
export async function readStages(brokers, rows) {
  const topics = await readTopics(brokers);
  const sources = chunksBySource(topics.get('bronze.sales'));
  const batches = batchesOfRows(topics.get('silver.sales'));
  const silver = publishedBatches(topics.get('silver.sales'));
  const screened = publishedBatches(topics.get('screened.sales'));
  const parts = { ingest: [], clean: [], screen: [], apply: [] };
  const chunks = new Set();
  const commits = new Set();
  for (const { order_id, source, record, handed_ms, committed_ms } of rows) {
    const chunk = sources.get(source)?.findLast(({ first_record }) => first_record <= record);
    const batch = batches.get(`${hashOf(order_id)}/${source}/${chunk?.chunk}`);
    if (!chunk || !batch || !screened.has(batch)) continue;
    parts.ingest.push(chunk.timestamp_ms - handed_ms);
    parts.clean.push(silver.get(batch) - chunk.timestamp_ms);
    parts.screen.push(screened.get(batch) - silver.get(batch));
    parts.apply.push(committed_ms - screened.get(batch));
    chunks.add(`${source}/${chunk.chunk}`);
    commits.add(committed_ms);
  }
  return {
    parts: Object.fromEntries(Object.entries(parts).map(([name, values]) => [name, distribution(values)])),
    chunks: chunks.size,
    transactions: commits.size,
    inbox_partitions: INBOX_PARTITIONS,
  };
}
