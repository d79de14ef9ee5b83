import { topicsOf } from '@millrace/contracts';
import { loadPlans } from '@millrace/dataset';
import { openDatabase, quote } from '@millrace/postgres';
import { withBroker } from '../broker.js';
import { datasetsDirectory } from '../project.js';

/** Drops the schema `millrace`, the tables of every dataset, and their topics. */
export async function dropEverything(servers: { database_url: string; kafka_brokers: string }): Promise<void> {
  const plans = [...loadPlans(datasetsDirectory()).values()];
  const database = await openDatabase(servers.database_url, { role: 'cli', max: 1 });
  try {
    await database.transaction(async (tx) => {
      await tx.query('drop schema if exists millrace cascade');
      for (const { table, gold } of plans) {
        for (const name of [...gold.map((item) => item.table), table]) {
          await tx.query(`drop table if exists ${quote(name)} cascade`);
        }
      }
    });
  } finally {
    await database.close();
  }
  const topics = plans.flatMap(({ name, parts }) => topicsOf(name, parts).map(({ topic }) => topic));
  await withBroker(servers.kafka_brokers, (kafka) => kafka.deleteTopics(topics));
}
