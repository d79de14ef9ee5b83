import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError, topicsOf } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { effectivePlan, ensureDataset, replaceDataset } from '@millrace/postgres';
import { withBroker } from '../broker.js';
import type { DatabaseLink } from './link.js';

export interface RegisterParts {
  link: DatabaseLink;
  /** Asked each time: a broker that was started again may stand elsewhere. */
  kafka_brokers: () => string;
  patience_ms: number;
}

const PAUSE_MS = 300;

/**
 * Makes a dataset known to the services that run: its tables, its version in the registry, its topics. While work under a
 * former version is under way that the new one does not go with, it waits (PLAN_BUSY is retriable: the link asks again).
 * @returns the plan as it stands now, with the columns that were found in its sources since
 * @throws MillraceError CONFIG_INVALID, PLAN_BUSY when that work does not end
 */
export async function registerPlan(plan: DatasetPlan, parts: RegisterParts): Promise<DatasetPlan> {
  const { link } = parts;
  const effective = await link.ask((db) => effectivePlan(db, plan));
  await link.ask((db) => ensureDataset(db, effective, { current: true }));
  await ensureTopics(effective, parts);
  return effective;
}

/** The same for `if_table_exists: replace`: what the dataset's tables hold is forgotten, and its files will be read anew. */
export async function registerAnew(plan: DatasetPlan, parts: RegisterParts): Promise<DatasetPlan> {
  await parts.link.ask((db) => replaceDataset(db, plan));
  await ensureTopics(plan, parts);
  return plan;
}

/** The broker may be away for a while, as all else that a run needs. @throws MillraceError KAFKA_UNREACHABLE when it stays away */
async function ensureTopics(
  { name, parts }: DatasetPlan,
  { kafka_brokers, patience_ms }: RegisterParts,
): Promise<void> {
  const deadline = Date.now() + patience_ms;
  for (;;) {
    try {
      await withBroker(kafka_brokers(), (kafka) => kafka.ensureTopics(topicsOf(name, parts)));
      return;
    } catch (error) {
      if (!(error instanceof MillraceError && error.retriable) || Date.now() > deadline) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
