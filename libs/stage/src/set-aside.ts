import {
  contractOf,
  encodeSetAside,
  identityOf,
  KIND,
  type MillraceError,
  parseTopic,
  rejectsPartition,
  topicName,
} from '@millrace/contracts';
import type { Output, StageMessage } from './stage.js';

const REASON_CHARACTERS = 1000;
const KIND_AT = 4;
const SLOT_AT = 28;

/** The message that tells the aggregator, and so the books, that another one could not be processed. */
export function setAsideOutput(stage: string, message: StageMessage, refusal: MillraceError): Output {
  const { topic, partition, offset, value } = message;
  const identity = identityOf(value);
  const source = identity?.source ?? null;
  const chunk = identity?.chunk ?? null;
  const isBatch = identity && value && value.readUInt8(KIND_AT) === KIND.batch && value.length >= SLOT_AT + 4;
  const dataset = parseTopic(topic)?.dataset ?? topic;
  return {
    topic: topicName('rejects', dataset),
    partition: rejectsPartition(source ?? 0, chunk ?? 0),
    key: `${source ?? 0}:${chunk ?? 0}`,
    value: encodeSetAside(
      {
        source,
        chunk,
        slot: isBatch ? value.readUInt32LE(SLOT_AT) : null,
        stage,
        topic,
        partition,
        offset: offset.toString(),
        code: refusal.code,
        // PostgreSQL takes no NUL in text.
        reason: refusal.message.replaceAll('\0', '').slice(0, REASON_CHARACTERS),
        size_bytes: value?.length ?? 0,
      },
      contractOf(value),
    ),
  };
}
