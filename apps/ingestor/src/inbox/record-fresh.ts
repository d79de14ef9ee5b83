import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { faultPoint, metrics } from '@millrace/telemetry';
import { isPlanReplaced } from '../steps/active-plans.js';
import type { InboxParts } from './inbox.flow.js';
import type { Arrivals, InboxPartition } from './inbox-partition.js';
import { boundsOf, type Loss, lossOf, lostMessages } from './lost-messages.js';
import { type Recorded, type Recording, recordMessages } from './record-messages.js';

type Parts = Pick<InboxParts, 'db' | 'kafka' | 'log' | 'registry'>;
/** What was taken of one partition. */
export type Fresh = Pick<Arrivals, 'fresh' | 'gaps'> & { partition: InboxPartition };
type PlanOf = (partition: InboxPartition) => DatasetPlan;

const RECORD_TRIES = 5;

/**
 * Records what is new, in one transaction, as it is asked meanwhile whether the topics are still those of the sources.
 * @param planOf the current plan, each time it is asked
 * @throws as `recordMessages`; MillraceError OFFSET_FENCED where a topic was made anew
 */
export async function recordFresh(parts: Parts, taken: readonly Fresh[], planOf: PlanOf): Promise<Recorded[]> {
  const some = taken.filter(({ fresh }) => fresh.length > 0);
  if (some.length === 0) return [];
  const verified = verify(parts, some);
  // Whoever awaits it hears of the failure, unless the transaction fails before.
  verified.catch(() => {});
  const recordings: Omit<Recording, 'fingerprint'>[] = [];
  for (const { partition, fresh: messages, gaps } of some) {
    recordings.push({ partition, messages, loss: await lossIn(parts, partition, gaps) });
  }
  faultPoint('ingestor.before_inbox_record');
  const recorded = await recordUnderCurrent(parts, recordings, planOf, verified);
  faultPoint('ingestor.after_inbox_record');
  return recorded;
}

/** A version may take the place of the current one at just this moment. */
async function recordUnderCurrent(
  { db, registry }: Parts,
  parts: Omit<Recording, 'fingerprint'>[],
  planOf: PlanOf,
  verified: Promise<void>,
): Promise<Recorded[]> {
  for (let tries = 1; ; tries++) {
    const recordings = parts.map((part) => ({ ...part, fingerprint: planOf(part.partition).fingerprint }));
    try {
      return await recordMessages(db, recordings, verified);
    } catch (error) {
      if (!isPlanReplaced(error) || tries === RECORD_TRIES) throw error;
      await registry?.refresh();
    }
  }
}

/**
 * Asked after the messages were fetched: an answer that names the sources' topics says where they came from.
 * @throws MillraceError OFFSET_FENCED: the restart finds the new topic's sources
 */
async function verify({ kafka, log }: Parts, taken: readonly Fresh[]): Promise<void> {
  const topics = await kafka.topicIds([...new Set(taken.map(({ partition }) => partition.topic))]);
  for (const { partition, fresh } of taken) {
    const { topic, source } = partition;
    if (source.topic_id.split('.')[0] === topics.get(topic)) continue;
    const what = 'were read while the topic was deleted: those of the former topic are gone with it';
    const to = fresh[fresh.length - 1].offset + 1n;
    const { error: err } = lostMessages(topic, source.partition, fresh[0].offset, to, what);
    metrics.offsetGaps.inc({ stage: 'ingestor', topic });
    log.error({ code: err.code, err }, 'an inbox was made anew: going on with its successor');
    throw new MillraceError('OFFSET_FENCED', `${topic} is another topic than that of source ${source.source}`);
  }
}

async function lossIn({ kafka, log }: Parts, partition: InboxPartition, gaps: Arrivals['gaps']): Promise<Loss | null> {
  if (gaps.length === 0) return null;
  const { dataset, topic, source } = partition;
  const { low } = await boundsOf(kafka, topic, source.partition);
  const loss = lossOf(partition, gaps, low);
  if (!loss) return null;
  metrics.offsetGaps.inc({ stage: 'ingestor', topic });
  const { error: err, from, to } = loss;
  const about = { dataset, topic, partition: source.partition, source: source.source };
  log.error({ ...about, code: err.code, lost_offsets: Number(to - from), err }, 'messages were lost from the inbox');
  return loss;
}
