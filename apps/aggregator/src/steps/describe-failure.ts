import { identityOf, KIND, MillraceError, type SetAside } from '@millrace/contracts';

const REASON_CHARACTERS = 1000;
const KIND_AT = 4;
const SLOT_AT = 28;
const ROWS_AT = 36;

interface FailedMessage {
  topic: string;
  partition: number;
  offset: bigint;
  value: Buffer | null;
}

/** What is recorded of a message that this stage cannot take; of its identity, whatever can still be read. */
export function describeFailure(message: FailedMessage, error: unknown): { set_aside: SetAside; rows: number } {
  const { topic, partition, offset, value } = message;
  const identity = identityOf(value);
  const isBatch = identity && value && value.readUInt8(KIND_AT) === KIND.batch && value.length >= ROWS_AT + 4;
  const known = error instanceof MillraceError;
  const text = error instanceof Error ? (known ? error.message : `${error.name}: ${error.message}`) : String(error);
  return {
    set_aside: {
      source: identity?.source ?? null,
      chunk: identity?.chunk ?? null,
      slot: isBatch ? value.readUInt32LE(SLOT_AT) : null,
      stage: 'aggregator',
      topic,
      partition,
      offset: String(offset),
      code: known ? error.code : 'STEP_THREW',
      reason: text.slice(0, REASON_CHARACTERS),
      size_bytes: value?.length ?? 0,
    },
    // A damaged count must not claim more rows than a batch can have.
    rows: isBatch ? Math.min(Math.max(value.readUInt32LE(ROWS_AT), 1), 16_384) : 1,
  };
}
