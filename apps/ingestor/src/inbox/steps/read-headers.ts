import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { ARRIVED_HEADER, KEY_HEADER, LIMITS } from '@millrace/contracts';

/** As Kafka gives them: a list where a header came more than once. */
type Headers = Record<string, Buffer | Buffer[] | undefined>;

/** When a message came: as its header says, else by Kafka's timestamp; never in the future. @returns epoch milliseconds */
export function arrivedOf(headers: Headers, timestamp_ms: number, now = Date.now()): number {
  const digits = firstOf(headers, ARRIVED_HEADER)?.toString('latin1') ?? '';
  const arrived_ms = /^\d{1,15}$/.test(digits) ? Number(digits) : timestamp_ms;
  return arrived_ms > 0 ? Math.min(arrived_ms, now) : now;
}

/**
 * The key by which a repeated message is known, as text that PostgreSQL can store: one that it cannot (too long, NUL, no
 * UTF-8) stands as its hash. undefined without one.
 */
export function keyOf(headers: Headers): string | undefined {
  const bytes = firstOf(headers, KEY_HEADER);
  if (!bytes || bytes.length === 0) return undefined;
  const isStorable = bytes.length <= LIMITS.key_bytes && isUtf8(bytes) && !bytes.includes(0);
  return isStorable ? bytes.toString('utf8') : `sha256:${hash('sha256', bytes, 'hex')}`;
}

function firstOf(headers: Headers, name: string): Buffer | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
