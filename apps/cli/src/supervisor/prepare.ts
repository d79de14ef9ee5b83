import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, MillraceError, topicsOf } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { KafkaClient } from '@millrace/kafka';
import { type MigrationReport, migrate, openDatabase, waitForDatabase } from '@millrace/postgres';
import { withBroker } from '../broker.js';
import { addWatch, type WatchRequest } from '../live/watches.js';
import { type Registered, registerPlans } from './register-plans.js';

const PATIENCE_MS = 15_000;
const GROUPS_MS = 15_000;
const GROUPS_POLL_MS = 100;
const BROKER_POLL_MS = 500;

export interface Wanted {
  plans: readonly DatasetPlan[];
  watches: readonly WatchRequest[];
  /** How long each server is waited for. */
  patience_ms?: number;
}

/** What was done; what was there already is told as that. */
export interface Prepared {
  migration: MigrationReport;
  datasets: Registered[];
  watches: (WatchRequest & { added: boolean })[];
  topics: { made: string[]; there: number };
  /** Plans that can only be registered once work under their former versions is at its end. */
  busy: DatasetPlan[];
}

type Servers = { database_url: string; kafka_brokers: string };

/**
 * As `prepare`, with what the supervisor goes on with.
 * @returns plans that can only be registered once work under their former versions is at its end
 */
export async function prepareServers(
  servers: Servers,
  plans: readonly DatasetPlan[],
  watches: readonly WatchRequest[],
): Promise<DatasetPlan[]> {
  return (await prepare(servers, { plans, watches })).busy;
}

/**
 * Schema, roles, watches, and the tables and topics of these datasets; nothing is changed where all is there.
 * @throws MillraceError POSTGRES_UNREACHABLE, KAFKA_UNREACHABLE, CONFIG_INVALID, ENVIRONMENT_INVALID
 */
export async function prepare(servers: Servers, { plans, watches, patience_ms }: Wanted): Promise<Prepared> {
  const { database_url, kafka_brokers } = servers;
  await waitForDatabase(database_url, patience_ms ?? PATIENCE_MS);
  const migration = await migrate(database_url);
  const database = await openDatabase(database_url, { role: 'supervisor', max: 1 });
  const added: Prepared['watches'] = [];
  let registered: Awaited<ReturnType<typeof registerPlans>>;
  try {
    registered = await registerPlans(database, plans);
    for (const watch of watches) added.push({ ...watch, added: (await addWatch(database, watch)).added });
  } finally {
    await database.close();
  }
  const topics = plans.flatMap(({ name, parts }) => topicsOf(name, parts));
  const made = await patiently(patience_ms ?? 0, () =>
    withBroker(kafka_brokers, async (kafka) => {
      const missing = await kafka.ensureTopics(topics);
      await untilGroups(kafka);
      return missing;
    }),
  );
  const { datasets, busy } = registered;
  return { migration, datasets, watches: added, topics: { made, there: topics.length - made.length }, busy };
}

/** The client rides out a broker that restarts; one that is still being set up takes longer. */
async function patiently<T>(patience_ms: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patience_ms;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isAway = error instanceof MillraceError && error.code === 'KAFKA_UNREACHABLE';
      if (!isAway || Date.now() >= deadline) throw error;
    }
    await sleep(BROKER_POLL_MS);
  }
}

/** A new broker makes and loads its groups at the first question for them: consumers that come sooner fail once. */
async function untilGroups(kafka: KafkaClient): Promise<void> {
  const deadline = Date.now() + GROUPS_MS;
  for (const stage of ['ingestor', 'cleaner', 'deduper', 'aggregator'] as const) {
    while (!(await isLoaded(kafka, groupOf(stage))) && Date.now() < deadline) await sleep(GROUPS_POLL_MS);
  }
}

async function isLoaded(kafka: KafkaClient, group: string): Promise<boolean> {
  try {
    await kafka.committed(group, []);
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.retriable) return false;
    throw error;
  }
}
