import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const registry = new Registry();
const registers = [registry];

/**
 * The telemetry contract of every service: the same names and labels wherever they apply. Labels come from the configured
 * datasets, their topics and tables, and closed lists: never from data. docs/metrics.md lists them all.
 */
export const metrics = {
  registry,
  rows: new Counter({
    name: 'millrace_rows_total',
    help: 'Rows that a stage is done with, by what became of them; at the aggregator, of transactions that have committed.',
    labelNames: ['dataset', 'stage', 'outcome'] as const,
    registers,
  }),
  rejects: new Counter({
    name: 'millrace_rejects_total',
    help: 'Rejects by the reason they were rejected for, at the commit of the transaction that recorded them.',
    labelNames: ['dataset', 'code'] as const,
    registers,
  }),
  drift: new Counter({
    name: 'millrace_drift_events_total',
    help: 'Ways in which a source differed from its dataset, as recorded in millrace.drift_events.',
    labelNames: ['dataset', 'kind'] as const,
    registers,
  }),
  bytes: new Counter({
    name: 'millrace_bytes_total',
    help: 'Bytes of messages that a stage took in and gave out; at the ingestor also bytes of files.',
    labelNames: ['stage', 'direction'] as const,
    registers,
  }),
  messages: new Counter({
    name: 'millrace_messages_total',
    help: 'Messages that a stage is done with, published onward or applied, by the topic they were read from.',
    labelNames: ['stage', 'topic'] as const,
    registers,
  }),
  batchSeconds: new Histogram({
    name: 'millrace_batch_duration_seconds',
    help: 'Time from taking a message, or a group of them, to its acknowledgement.',
    labelNames: ['stage'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  }),
  lag: new Gauge({
    name: 'millrace_lag_messages',
    help: 'Messages between what this instance is done with and the end of the topic, of the partitions it owns.',
    labelNames: ['stage', 'topic'] as const,
    registers,
  }),
  inFlightBytes: new Gauge({
    name: 'millrace_in_flight_bytes',
    help: 'Bytes that this instance has taken in and is not done with.',
    labelNames: ['stage'] as const,
    registers,
  }),
  inFlightLimitBytes: new Gauge({
    name: 'millrace_in_flight_limit_bytes',
    help: 'Bytes that this instance may have in flight: less when memory is short.',
    labelNames: ['stage'] as const,
    registers,
  }),
  heals: new Counter({
    name: 'millrace_heals_total',
    help: 'Chunks published again because they were lost on the way.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  republished: new Counter({
    name: 'millrace_republished_chunks_total',
    help: 'Chunks published again because somebody asked for it.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  setAside: new Counter({
    name: 'millrace_set_aside_total',
    help: 'Messages that a stage set aside, by error code.',
    labelNames: ['stage', 'code'] as const,
    registers,
  }),
  offsetGaps: new Counter({
    name: 'millrace_offset_gaps_total',
    help: 'Times that Kafka no longer had the message that a stage was to read next.',
    labelNames: ['stage', 'topic'] as const,
    registers,
  }),
  filterBytes: new Gauge({
    name: 'millrace_filter_bytes',
    help: 'Memory of the filters of the parts that this deduper owns.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  filterLimitBytes: new Gauge({
    name: 'millrace_filter_limit_bytes',
    help: 'Memory that the filters of this deduper may take, of all its datasets together.',
    registers,
  }),
  filterKeys: new Gauge({
    name: 'millrace_filter_keys',
    help: 'Keys in the filters of the parts that this deduper owns.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  falseSuspects: new Counter({
    name: 'millrace_false_suspects_total',
    help: 'Rows that the deduper took for possible duplicates and that PostgreSQL found to be new.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  freshness: new Histogram({
    name: 'millrace_freshness_seconds',
    help: 'Time from a request, a message or the first sight of bytes to the commit of their rows; of the oldest in each batch.',
    labelNames: ['dataset'] as const,
    buckets: [0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.75, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  }),
  requests: new Counter({
    name: 'millrace_http_requests_total',
    help: 'HTTP requests with rows, by the status code they were answered with; no dataset where none of that name is known.',
    labelNames: ['dataset', 'status'] as const,
    registers,
  }),
  backlogBytes: new Gauge({
    name: 'millrace_backlog_bytes',
    help: 'Bytes that this instance took in by HTTP and that are not applied yet.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  backlogLimitBytes: new Gauge({
    name: 'millrace_backlog_limit_bytes',
    help: 'Bytes that this instance lets wait so, of all datasets together: beyond it it refuses requests.',
    registers,
  }),
  compactedChunks: new Counter({
    name: 'millrace_compacted_chunks_total',
    help: 'Chunks of live sources that were merged into ranges.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  paused: new Gauge({
    name: 'millrace_paused',
    help: 'Whether taking in data of the dataset is paused: 1 or 0.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  serverUp: new Gauge({
    name: 'millrace_server_up',
    help: "Whether this service's last contact with the server succeeded: 1 or 0.",
    labelNames: ['server'] as const,
    registers,
  }),
  buildInfo: new Gauge({
    name: 'millrace_build_info',
    help: 'What runs here: its version and the version of the message contract that it writes; always 1.',
    labelNames: ['service', 'version', 'contract'] as const,
    registers,
  }),
  booksSources: new Gauge({
    name: 'millrace_books_sources',
    help: 'Sources by the state of their books; told by one ingestor of all.',
    labelNames: ['dataset', 'state'] as const,
    registers,
  }),
  unresolvedChunks: new Gauge({
    name: 'millrace_unresolved_chunks',
    help: 'Chunks that are recorded and have no outcome yet; told by one ingestor of all.',
    labelNames: ['dataset'] as const,
    registers,
  }),
  sourceLastData: new Gauge({
    name: 'millrace_source_last_data_timestamp_seconds',
    help: 'When the last chunk of a source of this kind was recorded, in Unix time; told by one ingestor of all.',
    labelNames: ['dataset', 'kind'] as const,
    registers,
  }),
  tableBytes: new Gauge({
    name: 'millrace_table_bytes',
    help: 'Size on disk of a table with its indexes; told by one ingestor of all.',
    labelNames: ['dataset', 'table'] as const,
    registers,
  }),
  topicBytes: new Gauge({
    name: 'millrace_topic_bytes',
    help: 'Size on disk of a topic, of one replica of each partition; told by one ingestor of all.',
    labelNames: ['topic'] as const,
    registers,
  }),
  databaseBytes: new Gauge({
    name: 'millrace_database_bytes',
    help: 'Size on disk of the database; told by one ingestor of all.',
    registers,
  }),
  walBytes: new Counter({
    name: 'millrace_wal_bytes_total',
    help: 'Bytes that the PostgreSQL server wrote to its write-ahead log; told by one ingestor of all.',
    registers,
  }),
};

// A metric without labels would begin with a 0 that nobody measured, in every service.
for (const metric of [metrics.filterLimitBytes, metrics.backlogLimitBytes, metrics.databaseBytes, metrics.walBytes]) {
  metric.remove();
}

let collecting = false;

/** Starts the process's own metrics (CPU, memory, garbage collection, event loop); again is a no-op. */
export function collectProcessMetrics(): void {
  if (collecting) return;
  collecting = true;
  collectDefaultMetrics({ register: registry });
}
