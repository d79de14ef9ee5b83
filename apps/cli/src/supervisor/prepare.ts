import { topicsOf } from '@millrace/contracts';
import { loadPlans } from '@millrace/dataset';
import { ensureDataset, migrate, openDatabase, waitForDatabase } from '@millrace/postgres';
import { withBroker } from '../broker.js';
import { datasetsDirectory } from '../project.js';

const DATABASE_MS = 15_000;

/** Schema, tables and topics of every dataset; nothing is changed where all is there. */
export async function prepareServers(servers: { database_url: string; kafka_brokers: string }): Promise<void> {
  const plans = [...loadPlans(datasetsDirectory()).values()];
  await waitForDatabase(servers.database_url, DATABASE_MS);
  await migrate(servers.database_url);
  const database = await openDatabase(servers.database_url, { role: 'supervisor', max: 1 });
  try {
    for (const plan of plans) await ensureDataset(database, plan);
  } finally {
    await database.close();
  }
  const topics = plans.flatMap(({ name, parts }) => topicsOf(name, parts));
  await withBroker(servers.kafka_brokers, (kafka) => kafka.ensureTopics(topics));
}
