import { topicsOf } from '@millrace/contracts';
import { type DatasetPlan, loadPlans, planOf } from '@millrace/dataset';
import { isTopicMissing, type KafkaClient } from '@millrace/kafka';
import { type Database, openDatabase, readPlans, tableName } from '@millrace/postgres';
import { withBroker } from '../broker.js';
import { datasetsDirectory } from '../project.js';

/** Drops the schema `millrace`, the tables of every dataset, and their topics. */
export async function dropEverything(servers: { database_url: string; kafka_brokers: string }): Promise<void> {
  const database = await openDatabase(servers.database_url, { role: 'cli', max: 2 });
  const plans = [...loadPlans(datasetsDirectory()).values()];
  try {
    plans.push(...(await registeredPlans(database)));
    await database.transaction(async (tx) => {
      await tx.query('drop schema if exists millrace cascade');
      for (const name of new Set(plans.flatMap(({ table, gold }) => [...gold.map((item) => item.table), table]))) {
        await tx.query(`drop table if exists ${tableName(name)} cascade`);
      }
    });
  } finally {
    await database.close();
  }
  const topics = plans.flatMap(({ name, parts }) => topicsOf(name, parts).map(({ topic }) => topic));
  await withBroker(servers.kafka_brokers, (kafka) => deleteAll(kafka, [...new Set(topics)]));
}

/** A dataset that no service has met yet has no topics. */
async function deleteAll(kafka: KafkaClient, topics: readonly string[]): Promise<void> {
  try {
    await kafka.deleteTopics(topics);
  } catch (error) {
    if (!isTopicMissing(error)) throw error;
    if (topics.length === 1) return;
    for (const topic of topics) await deleteAll(kafka, [topic]);
  }
}

/** Datasets that no file tells of any more, and tables that former versions had. */
async function registeredPlans(db: Database): Promise<DatasetPlan[]> {
  return (await readPlans(db)).flatMap(({ config }) => {
    try {
      return [planOf(config)];
    } catch {
      // Of an earlier program: its tables are dropped only where a later version has them too.
      return [];
    }
  });
}
