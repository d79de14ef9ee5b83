import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeInboxBatch } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { claimKey, type Database } from '@millrace/postgres';
import type { Quota } from './access/quota.js';
import type { Backlog, Hold, InboxPlace } from './backlog.js';
import type { BacklogWatch } from './backlog-watch.js';
import type { InboxLag } from './inbox-lag.js';
import type { InboxMessage, InboxWriter } from './inbox-writer.js';
import { HttpProblem } from './problem.js';
import { readBody } from './read-body.js';
import { encodeReceiptId } from './receipt-id.js';
import { type RequestHead, readHead } from './request-head.js';
import type { HttpSettings } from './settings.js';
import { splitRows } from './split-rows.js';

/** For a body to come, and for Kafka to acknowledge it. */
const BODY_WITHIN_MS = 60_000;
const ACK_WITHIN_MS = 25_000;

export interface AcceptParts {
  db: Database;
  writer: InboxWriter;
  backlog: Backlog;
  watch: BacklogWatch;
  lag: InboxLag;
  settings: HttpSettings;
}

export interface Accepted {
  receipt: string;
  rows: number;
  /** The same request was taken before: nothing was written now. */
  isReplay: boolean;
}

/**
 * One request becomes one inbox message, written whole or not at all: head -> admit -> body -> rows -> message -> key ->
 * inbox. From the key on a client that goes away stops nothing.
 * @param quota of the caller: bytes and rows count against it also when the request fails later
 * @throws HttpProblem, MillraceError
 */
export async function acceptRows(
  parts: AcceptParts,
  plan: DatasetPlan,
  request: IncomingMessage,
  quota: Quota,
): Promise<Accepted> {
  const arrived_ms = Date.now();
  const { settings, backlog, lag } = parts;
  const head = readHead(request.headers, settings);
  quota.check();
  lag.require(plan.name);
  // What gzip unpacks to is not known before, nor what comes in pieces.
  const size_bytes = head.gzip ? null : head.size_bytes;
  const hold = backlog.admit(plan.name, size_bytes ?? settings.body_bytes);
  try {
    if (size_bytes !== null) quota.takeBytes(size_bytes);
    const { value, rows, body_bytes } = await readMessage(settings, plan, head, request);
    if (size_bytes === null) quota.takeBytes(body_bytes);
    quota.takeRows(rows);
    hold.resize(value.length);
    const message = { dataset: plan.name, value, key: head.key, arrived_ms };
    return head.key === null
      ? await acceptOnce(parts, message, rows, hold)
      : await acceptKeyed(parts, { ...message, key: head.key }, rows, hold);
  } catch (error) {
    // An acknowledgement that did not come in time may still come: its bytes are in hand until then.
    if (!(error instanceof LateAcknowledgement)) hold.release();
    throw error;
  }
}

/** A function of its own, so that the body is not held any longer than this takes. */
async function readMessage(
  settings: HttpSettings,
  plan: DatasetPlan,
  head: RequestHead,
  request: IncomingMessage,
): Promise<{ value: Buffer; rows: number; body_bytes: number }> {
  const bounds = { body_bytes: settings.body_bytes, within_ms: BODY_WITHIN_MS };
  const body = await readBody(request, head.gzip, bounds);
  const { format, header, rows } = splitRows(body, head.format, plan, settings);
  return { value: encodeInboxBatch(format, header, rows), rows: rows.length, body_bytes: body.length };
}

async function acceptOnce(parts: AcceptParts, message: InboxMessage, rows: number, hold: Hold): Promise<Accepted> {
  const { source, offset } = await write(parts, message, hold);
  return { receipt: encodeReceiptId({ source, offset, rows }), rows, isReplay: false };
}

async function acceptKeyed(
  parts: AcceptParts,
  message: InboxMessage & { key: string },
  rows: number,
  hold: Hold,
): Promise<Accepted> {
  const { dataset, key, value } = message;
  const body_hash = hash('sha256', value, 'buffer');
  const claim = await claimKey(parts.db, { dataset, key, body_hash, rows });
  if (claim.state === 'other') {
    throw new HttpProblem('KEY_REUSED', 'Within 24 h this Idempotency-Key came with another body.');
  }
  // Without a source the first one is still on its way, or was lost with its server: whoever packs the inbox takes one of them.
  const isReplay = claim.state === 'same' && claim.source !== null;
  if (isReplay) hold.release();
  else await write(parts, message, hold);
  return { receipt: claim.id, rows, isReplay };
}

async function write(parts: AcceptParts, message: InboxMessage, hold: Hold): Promise<InboxPlace> {
  const { dataset } = message;
  const writing = parts.writer.write(message).then(
    (place) => {
      hold.accepted(place);
      parts.watch.wake(dataset);
      return place;
    },
    (error) => {
      hold.release();
      throw error;
    },
  );
  const ending = new AbortController();
  const late = sleep(ACK_WITHIN_MS, undefined, { signal: ending.signal }).then(() => {
    throw new LateAcknowledgement();
  });
  try {
    return await Promise.race([writing, late]);
  } finally {
    ending.abort();
    // Whichever loses the race is nobody's error any more.
    for (const loser of [writing, late]) loser.catch(() => {});
  }
}

/** As for a Kafka that does not answer: the rows may be taken or not. */
class LateAcknowledgement extends HttpProblem {
  constructor() {
    super(
      'KAFKA_UNREACHABLE',
      'Kafka has not acknowledged the rows in time: whether they were taken is not known. With an Idempotency-Key a repeat is safe; without one it may count twice.',
      { headers: { 'retry-after': '5' } },
    );
  }
}
