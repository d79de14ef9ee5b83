import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const registry = new Registry();
const registers = [registry];

/** The telemetry contract of every service: the same names and labels wherever they apply. */
export const metrics = {
  registry,
  rows: new Counter({
    name: 'millrace_rows_total',
    help: 'Rows by outcome.',
    labelNames: ['stage', 'outcome'] as const,
    registers,
  }),
  bytes: new Counter({
    name: 'millrace_bytes_total',
    help: 'Bytes of messages read and written.',
    labelNames: ['stage', 'direction'] as const,
    registers,
  }),
  messages: new Counter({
    name: 'millrace_messages_total',
    help: 'Messages done: published onward or applied.',
    labelNames: ['stage', 'topic'] as const,
    registers,
  }),
  batchSeconds: new Histogram({
    name: 'millrace_batch_seconds',
    help: 'From taking a message (or a group of them) to its acknowledgement.',
    labelNames: ['stage'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  }),
  lag: new Gauge({
    name: 'millrace_lag',
    help: 'Messages behind the end of the topic, of the partitions this instance owns.',
    labelNames: ['stage', 'topic'] as const,
    registers,
  }),
  inFlightBytes: new Gauge({
    name: 'millrace_in_flight_bytes',
    help: 'Bytes taken in and not yet done.',
    labelNames: ['stage'] as const,
    registers,
  }),
  inFlightLimitBytes: new Gauge({
    name: 'millrace_in_flight_limit_bytes',
    help: 'Bytes that may be taken in and not yet done: less when memory is short.',
    labelNames: ['stage'] as const,
    registers,
  }),
  heals: new Counter({
    name: 'millrace_heals_total',
    help: 'Chunks published again because they were lost on the way.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  setAside: new Counter({
    name: 'millrace_set_aside_total',
    help: 'Messages set aside, by error code.',
    labelNames: ['stage', 'code'] as const,
    registers,
  }),
  offsetGaps: new Counter({
    name: 'millrace_offset_gaps_total',
    help: 'Times that Kafka no longer had the next message to read.',
    labelNames: ['stage', 'topic'] as const,
    registers,
  }),
  filterBytes: new Gauge({
    name: 'millrace_filter_bytes',
    help: 'Memory of the filters.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  filterKeys: new Gauge({
    name: 'millrace_filter_keys',
    help: 'Keys in the filters.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  freshness: new Histogram({
    name: 'millrace_freshness_seconds',
    help: 'From a request, a message or the first sight of bytes to the commit of their rows; of the oldest in each batch.',
    labelNames: ['dataset'] as const,
    buckets: [0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.75, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  }),
  requests: new Counter({
    name: 'millrace_requests_total',
    help: 'HTTP requests with rows, by status code.',
    labelNames: ['dataset', 'status'] as const,
    registers,
  }),
  backlogBytes: new Gauge({
    name: 'millrace_backlog_bytes',
    help: 'Bytes that this instance took in by HTTP and that are not applied yet.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  compactedChunks: new Counter({
    name: 'millrace_compacted_chunks_total',
    help: 'Chunks of live sources that were merged into ranges.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  falseSuspects: new Counter({
    name: 'millrace_false_suspects_total',
    help: 'Rows that were suspect and turned out new.',
    labelNames: ['dataset'] as const,
    registers,
  }),
};

let collecting = false;

/** Starts the process's own metrics (CPU, memory, garbage collection, event loop); again is a no-op. */
export function collectProcessMetrics(): void {
  if (collecting) return;
  collecting = true;
  collectDefaultMetrics({ register: registry });
}
