import { topicsOf } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { KafkaClient } from '@millrace/kafka';
import { type Database, readDatabaseSize, readTableSizes, readWalPosition } from '@millrace/postgres';
import { metrics } from '@millrace/telemetry';

const QUERY = { timeout_ms: 2000 };

/** The label of what belongs to all datasets together; one of the tables of schema `millrace` is named with it. */
const SHARED = '';

/** Of each dataset its table and its gold tables, and the tables of the books. @throws errors of PostgreSQL */
export async function measureTables(db: Database, plans: readonly DatasetPlan[]): Promise<void> {
  const datasets = new Map<string, string>();
  for (const { name, table, gold } of plans) {
    for (const own of [table, ...gold.map((item) => item.table)]) datasets.set(own, name);
  }
  const sizes = await readTableSizes(db, [...datasets.keys()], QUERY);
  // Tables of former versions go.
  metrics.tableBytes.reset();
  for (const { schema, table, size_bytes } of sizes) {
    const labels =
      schema === 'millrace' ? { dataset: SHARED, table: `millrace.${table}` } : { dataset: datasets.get(table), table };
    metrics.tableBytes.set(labels, size_bytes);
  }
}

export async function measureDatabase(db: Database): Promise<void> {
  metrics.databaseBytes.set(await readDatabaseSize(db, QUERY));
}

/** A counter that the server keeps: it goes on where it was whoever tells it. @throws errors of PostgreSQL, e.g. where it is not told */
export async function measureWal(db: Database): Promise<void> {
  const bytes = await readWalPosition(db, QUERY);
  metrics.walBytes.reset();
  metrics.walBytes.inc(bytes);
}

/** @throws MillraceError KAFKA_UNREACHABLE, also where the right to ask is missing */
export async function measureTopics(kafka: KafkaClient, plans: readonly DatasetPlan[]): Promise<void> {
  const sizes = await kafka.topicSizes(plans.flatMap(({ name, parts }) => topicsOf(name, parts)));
  metrics.topicBytes.reset();
  for (const [topic, size_bytes] of sizes) metrics.topicBytes.set({ topic }, size_bytes);
}
