import {
  decodeRejectsMessage,
  LIMITS,
  type Manifest,
  MillraceError,
  REJECT_CODES,
  type Reject,
  rejectsPartition,
  type SetAside,
} from '@millrace/contracts';

export type DecodedOutcome = ReturnType<typeof decodeRejectsMessage>;

const INT4_MAX = 2 ** 31 - 1;
const INT8_MAX = 2n ** 63n - 1n;

/** A message of `rejects.<dataset>` whose every field PostgreSQL can take. @throws MillraceError MESSAGE_* */
export function decodeOutcome(value: Buffer | null, partition: number): DecodedOutcome {
  if (!value) throw new MillraceError('MESSAGE_GARBAGE', 'message without a value');
  const outcome = decodeRejectsMessage(value);
  if (outcome.kind === 'manifest') checkManifest(outcome.manifest, partition);
  else checkSetAside(outcome.setAside);
  return outcome;
}

/** The envelope's checksum holds off accidents; this holds off a producer that went wrong. */
function checkManifest(manifest: Manifest, partition: number): void {
  const { source, chunk, records, skipped, slots, rejects } = manifest;
  const fits = isInt4(source) && isInt4(chunk) && isInt4(records) && isInt4(skipped);
  require(fits && isListOf(slots, isInt4), 'manifest with counts or slots out of range');
  require(isListOf(rejects, isReject), 'manifest with a malformed reject');
  const own = rejectsPartition(source, chunk);
  require(own === partition, `manifest of partition ${own} in partition ${partition}`);
}

function isReject(reject: Reject): boolean {
  const { record, column, code, value, raw } = reject ?? {};
  return (
    Number.isSafeInteger(record) &&
    record >= 0 &&
    isTextOrNull(column) &&
    isTextOrNull(value) &&
    REJECT_CODES.includes(code) &&
    typeof raw === 'string' &&
    raw.length <= LIMITS.reject_raw_bytes * 2
  );
}

function checkSetAside(setAside: SetAside): void {
  const { source, chunk, slot, stage, topic, partition, offset, code, reason, size_bytes } = setAside ?? {};
  const identity = [source, chunk, slot].every((part) => part === null || (Number.isSafeInteger(part) && part >= 0));
  const texts = [stage, topic, code, reason].every((text) => typeof text === 'string');
  const numbers = isInt4(partition) && isInt4(size_bytes) && typeof offset === 'string' && /^\d{1,19}$/.test(offset);
  require(identity && texts && numbers && BigInt(offset) <= INT8_MAX, 'malformed set-aside');
}

const isInt4 = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= INT4_MAX;
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';
const isListOf = <T>(list: T[], test: (item: T) => boolean): boolean => Array.isArray(list) && list.every(test);

function require(holds: boolean, otherwise: string): void {
  if (!holds) throw new MillraceError('MESSAGE_CONTRACT', otherwise);
}
