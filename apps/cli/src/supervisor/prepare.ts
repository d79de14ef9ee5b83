import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, MillraceError, topicsOf } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { KafkaClient } from '@millrace/kafka';
import { migrate, openDatabase, waitForDatabase } from '@millrace/postgres';
import { withBroker } from '../broker.js';
import { addWatch, type WatchRequest } from '../live/watches.js';
import { registerPlans } from './register-plans.js';

const DATABASE_MS = 15_000;
const GROUPS_MS = 15_000;
const GROUPS_POLL_MS = 100;

/**
 * Schema, watches, and the tables and topics of these datasets; nothing is changed where all is there.
 * @returns plans that can only be registered once work under their former versions is at its end
 */
export async function prepareServers(
  servers: { database_url: string; kafka_brokers: string },
  plans: readonly DatasetPlan[],
  watches: readonly WatchRequest[],
): Promise<DatasetPlan[]> {
  await waitForDatabase(servers.database_url, DATABASE_MS);
  await migrate(servers.database_url);
  const database = await openDatabase(servers.database_url, { role: 'supervisor', max: 1 });
  let busy: DatasetPlan[];
  try {
    busy = await registerPlans(database, plans);
    for (const watch of watches) await addWatch(database, watch);
  } finally {
    await database.close();
  }
  const topics = plans.flatMap(({ name, parts }) => topicsOf(name, parts));
  await withBroker(servers.kafka_brokers, async (kafka) => {
    await kafka.ensureTopics(topics);
    await untilGroups(kafka);
  });
  return busy;
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
