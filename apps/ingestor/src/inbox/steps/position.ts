import { INBOX_SOURCE_OFFSETS, inboxPlace, inboxRecord } from '@millrace/contracts';

/**
 * Positions in a source of an inbox are record numbers: that of the row to go on with. The last number of all is no row's
 * (a message has fewer rows): there a source is at its end, and its successor goes on.
 */
export const SOURCE_END = Number.MAX_SAFE_INTEGER;

/** The position behind a message. */
export function positionAfter(base: bigint, offset: bigint): number {
  return Math.min(inboxRecord(base, offset + 1n, 0), SOURCE_END);
}

/** The offset of the message to go on with. */
export function offsetAt(base: bigint, position: number): bigint {
  return position === SOURCE_END ? endOf(base) : inboxPlace(base, position).offset;
}

/** The first offset that the source does not hold. */
export function endOf(base: bigint): bigint {
  return base + BigInt(INBOX_SOURCE_OFFSETS);
}

/** Math.min and Math.max take no bigint. */
export function lower(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

export function higher(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

/** Offset of the last message that begins below the position. */
export function lastOffsetBelow(base: bigint, position: number): bigint {
  const { offset, row } = inboxPlace(base, position);
  return row === 0 ? offset - 1n : offset;
}
