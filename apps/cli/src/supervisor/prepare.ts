import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, MillraceError, topicsOf } from '@millrace/contracts';
import { loadPlans } from '@millrace/dataset';
import type { KafkaClient } from '@millrace/kafka';
import { ensureDataset, migrate, openDatabase, waitForDatabase } from '@millrace/postgres';
import { withBroker } from '../broker.js';
import { addWatch, type WatchRequest } from '../live/watches.js';
import { datasetsDirectory } from '../project.js';

const DATABASE_MS = 15_000;
const GROUPS_MS = 15_000;
const GROUPS_POLL_MS = 100;

/** Schema, tables, topics and watches of every dataset; nothing is changed where all is there. */
export async function prepareServers(
  servers: { database_url: string; kafka_brokers: string },
  watches: readonly WatchRequest[],
): Promise<void> {
  const plans = [...loadPlans(datasetsDirectory()).values()];
  await waitForDatabase(servers.database_url, DATABASE_MS);
  await migrate(servers.database_url);
  const database = await openDatabase(servers.database_url, { role: 'supervisor', max: 1 });
  try {
    for (const plan of plans) await ensureDataset(database, plan);
    for (const watch of watches) await addWatch(database, watch);
  } finally {
    await database.close();
  }
  const topics = plans.flatMap(({ name, parts }) => topicsOf(name, parts));
  await withBroker(servers.kafka_brokers, async (kafka) => {
    await kafka.ensureTopics(topics);
    await untilGroups(kafka);
  });
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
