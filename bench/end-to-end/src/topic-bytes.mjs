/** What a row leaves in the topics: a run of its own, as usually the records that are applied get deleted. */
import { topicsOf } from '@millrace/contracts';
import { KafkaClient } from '@millrace/kafka';
import { Millrace } from '../../measure/millrace.mjs';
import { withFirstFileOnly } from './sides.mjs';

const PARTS = 8;
/** Where consumers' progress is kept; the embedded broker has it in so many partitions. */
const OFFSETS = { topic: '__consumer_offsets', partitions: 4 };

/**
 * Takes the first file through services that delete nothing.
 * @param {string} home @param {import('./sides.mjs').Data} data
 * @returns {Promise<{ rows: number, raw_bytes_per_row: number, bytes_per_row: Record<string, number>, bytes_per_row_total: number }>}
 */
export async function measureTopicBytes(home, { directory, answer }) {
  const millrace = new Millrace(home, undefined, { MILLRACE_TRIM: '0' });
  const [{ rows_in, size_bytes }] = answer.files;
  await millrace.up();
  try {
    const { kafka_brokers } = await millrace.endpoints();
    const kafka = new KafkaClient({ brokers: kafka_brokers.split(','), clientId: 'bench' });
    try {
      const topics = [...topicsOf('sales', PARTS), OFFSETS];
      const before = await kafka.topicSizes(topics);
      await withFirstFileOnly(directory, () => millrace.runOnce(directory));
      const after = await kafka.topicSizes(topics);
      const entries = [...after].map(([topic, bytes]) => [topic, (bytes - (before.get(topic) ?? 0)) / rows_in]);
      return {
        rows: rows_in,
        raw_bytes_per_row: size_bytes / rows_in,
        bytes_per_row: Object.fromEntries(entries),
        bytes_per_row_total: entries.reduce((sum, [, bytes]) => sum + bytes, 0),
      };
    } finally {
      await kafka.close();
    }
  } finally {
    await millrace.reset();
  }
}
