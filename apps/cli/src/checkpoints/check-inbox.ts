import { groupOf, inboxPlace } from '@millrace/contracts';
import type { KafkaClient } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import type { BytesCheck } from './republication-plan.js';

interface ChunkRange {
  chunk: number;
  records: number;
  first_record: number;
  byte_end: number;
}

/** Whether the inbox still has the messages of the recorded chunks from a number on; what is in them is not compared. */
export async function checkInbox(
  db: Database,
  kafka: KafkaClient,
  source: number,
  from_chunk: number,
): Promise<BytesCheck> {
  const [{ topic, partition, topic_id, newest, base_offset }] = await db.query<{
    topic: string;
    partition: number;
    topic_id: string;
    newest: string;
    base_offset: string;
  }>(
    `select topic, partition, topic_id, base_offset::text, (
       select n.topic_id from millrace.sources n where n.kind = 'inbox' and n.topic = s.topic and n.partition = s.partition
       order by n.id desc limit 1) as newest
     from millrace.sources s where id = $1`,
    [source],
  );
  const chunks = await db.query<ChunkRange>(
    'select chunk, records, first_record, byte_end from millrace.chunks where source = $1 and chunk >= $2 order by chunk',
    [source, from_chunk],
  );
  const known = (await kafka.topicIds([topic])).get(topic);
  if (known !== topic_id.split('.')[0] || newest !== topic_id) {
    const readable = chunks.filter(({ records }) => records === 0).length;
    return {
      readable,
      problem: { code: 'INBOX_LOST', message: `${topic} was made anew since: its messages are gone` },
    };
  }
  const log = (await kafka.lag(groupOf('ingestor'), [topic])).find((one) => one.partition === partition);
  const isThere = ({ records, first_record, byte_end }: ChunkRange) => {
    const base = BigInt(base_offset);
    const [first, last] = [inboxPlace(base, first_record).offset, inboxPlace(base, byte_end - 1).offset];
    return records === 0 || (log !== undefined && first >= log.low && last < log.high);
  };
  const lost = chunks.filter((chunk) => !isThere(chunk));
  const readable = chunks.length - lost.length;
  if (lost.length === 0) return { readable, problem: null };
  const message = `${topic}/${partition} begins at offset ${log?.low}: the messages of ${lost.length} chunks from chunk ${lost[0].chunk} on are gone`;
  return { readable, problem: { code: 'INBOX_LOST', message } };
}
