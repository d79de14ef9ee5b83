import { MillraceError } from '@millrace/contracts';

interface KafkaFailure extends Error {
  type?: string;
  code?: string;
  errors?: unknown[];
  cause?: unknown;
}

/** An error and all that it was caused by, which may lead round in a circle. */
function causesOf(error: unknown): Set<KafkaFailure> {
  const causes = new Set<KafkaFailure>();
  const visit = (item: unknown): void => {
    if (!(item instanceof Error) || causes.has(item)) return;
    causes.add(item);
    visit(item.cause);
    for (const inner of (item as KafkaFailure).errors ?? []) visit(inner);
  };
  visit(error);
  return causes;
}

/** Broker error types (`UNKNOWN_MEMBER_ID`) and socket codes along an error's chain of causes. */
export function failureTypes(error: unknown): string[] {
  const types = [...causesOf(error)].flatMap(({ type, code }) => [type, code]);
  return types.filter((type) => typeof type === 'string');
}

/** The group moved on without this member: not a fault, the consumer joins again by itself. */
const REBALANCED = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'];

export function isRebalance(error: unknown): boolean {
  return failureTypes(error).some((type) => REBALANCED.includes(type));
}

/** A topic of ours was deleted; the client does not work until it is there again (`ensureTopics`). */
export function isTopicMissing(error: unknown): boolean {
  return failureTypes(error).includes('UNKNOWN_TOPIC_OR_PARTITION');
}

/** A broker that has just started, or handed something over, and will know in a moment. */
const SOON_OVER = [
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NOT_CONTROLLER',
];

export function isSoonOver(error: unknown): boolean {
  return failureTypes(error).some((type) => SOON_OVER.includes(type));
}

/** Every failure of the client as one of ours: KAFKA_UNREACHABLE, or MESSAGE_TOO_LARGE when the broker says so. */
export function toMillraceError(error: unknown, doing: string): MillraceError {
  // Also one that the client only hands on, e.g. a codec's.
  const own = [...causesOf(error)].find((cause) => cause instanceof MillraceError);
  if (own) return own;
  const types = failureTypes(error);
  const reason = error instanceof Error ? error.message : String(error);
  const tooLarge = types.includes('MESSAGE_TOO_LARGE') || types.includes('RECORD_LIST_TOO_LARGE');
  return new MillraceError(tooLarge ? 'MESSAGE_TOO_LARGE' : 'KAFKA_UNREACHABLE', `${doing}: ${reason}`, {
    cause: error,
  });
}
