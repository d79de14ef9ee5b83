import { parseTopic } from '@millrace/contracts';
import type pg from 'pg';
import { isPast } from '../compact/compacted.js';
import type { ApplyMessage, BatchMessage, ManifestMessage, SetAsideMessage } from './messages.js';

/** What of the messages in hand is new, and so is to be applied. */
export interface FreshWork {
  batches: BatchMessage[];
  manifests: ManifestMessage[];
  set_asides: SetAsideMessage[];
  /** Messages whose ledger row did not exist at all: seen for the first time ever. */
  firstSeen: Set<ApplyMessage>;
}

/**
 * Step 2: writes every message's identity down; whatever is there already was applied before and is dropped. This, not the
 * offset, is what makes a repeated message harmless. A row marked failed gives way to a good message of the same identity.
 * What belongs to a compacted chunk was applied, all of it: no row of it is written again.
 */
export async function recordLedger(client: pg.ClientBase, messages: ApplyMessage[]): Promise<FreshWork> {
  const batches = firstOfEach(
    messages.filter((message) => message.kind === 'batch'),
    ({ batch }) => batch,
  );
  const manifests = firstOfEach(
    messages.filter((message) => message.kind === 'manifest'),
    ({ manifest }) => manifest,
  );
  const set_asides = firstOfEach(
    messages.filter((message) => message.kind === 'set_aside'),
    ({ set_aside }) => set_aside,
  );
  const firstSeen = new Set<ApplyMessage>();
  return {
    batches: await insertBatches(client, batches, firstSeen),
    manifests: await insertManifests(client, manifests, firstSeen),
    set_asides: await insertSetAsides(client, set_asides, firstSeen),
    firstSeen,
  };
}

type Identity = {
  source?: unknown;
  chunk?: unknown;
  slot?: unknown;
  topic?: unknown;
  partition?: unknown;
  offset?: unknown;
};

const identityKey = ({ source, chunk, slot }: Identity) => `${source}/${chunk}/${slot ?? ''}`;
const offsetKey = ({ topic, partition, offset }: Identity) => `${topic}/${partition}/${offset}`;

/** One statement cannot meet the same key twice, and a message may well have been delivered twice. */
function firstOfEach<M extends ApplyMessage>(messages: M[], identityOf: (message: M) => Identity): Map<string, M> {
  const first = new Map<string, M>();
  for (const message of messages) {
    const identity = identityOf(message);
    const key = 'offset' in identity ? offsetKey(identity) : identityKey(identity);
    if (!first.has(key)) first.set(key, message);
  }
  return first;
}

/** Counted as written until a step finds otherwise (`settleLedger`). */
async function insertBatches(client: pg.ClientBase, batches: Map<string, BatchMessage>, firstSeen: Set<ApplyMessage>) {
  if (batches.size === 0) return [];
  const all = [...batches.values()];
  const record = ({ batch, data }: BatchMessage, row: number) =>
    data.rows === 0 ? null : batch.first_record + data.records[row];
  const { rows } = await client.query<Identity & { inserted: boolean }>(
    `insert into millrace.ledger as l (source, chunk, slot, first_record, last_record, rows, written)
     select source, chunk, slot, first_record, last_record, rows, rows
     from unnest($1::int[], $2::int[], $3::int[], $4::bigint[], $5::bigint[], $6::int[], $7::text[])
       as new (source, chunk, slot, first_record, last_record, rows, dataset)
     where not ${isPast('new.dataset', 'new.source', 'new.chunk')}
     order by source, chunk, slot
     on conflict (source, chunk, slot) do update set first_record = excluded.first_record,
       last_record = excluded.last_record, rows = excluded.rows, written = excluded.written, failed = 0
     where l.failed > 0
     returning source, chunk, slot, (xmax = 0) as inserted`,
    [
      all.map(({ batch }) => batch.source),
      all.map(({ batch }) => batch.chunk),
      all.map(({ batch }) => batch.slot),
      all.map((message) => record(message, 0)),
      all.map((message) => record(message, message.data.rows - 1)),
      all.map(({ data }) => data.rows),
      all.map(({ dataset }) => dataset),
    ],
  );
  return rows.map((row) => remember(batches.get(identityKey(row))!, row.inserted, firstSeen));
}

async function insertManifests(
  client: pg.ClientBase,
  manifests: Map<string, ManifestMessage>,
  firstSeen: Set<ApplyMessage>,
) {
  if (manifests.size === 0) return [];
  const messages = [...manifests.values()];
  const all = messages.map(({ manifest }) => manifest);
  const { rows } = await client.query<Identity & { inserted: boolean }>(
    `insert into millrace.manifests as m (source, chunk, records, rejected, skipped, slots)
     select source, chunk, records, rejected, skipped, slots::int[]
     from unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[], $6::text[], $7::text[])
       as new (source, chunk, records, rejected, skipped, slots, dataset)
     where not ${isPast('new.dataset', 'new.source', 'new.chunk')}
     order by source, chunk
     on conflict (source, chunk) do update set records = excluded.records, rejected = excluded.rejected,
       skipped = excluded.skipped, slots = excluded.slots, failed = false
     where m.failed
     returning source, chunk, (xmax = 0) as inserted`,
    [
      all.map(({ source }) => source),
      all.map(({ chunk }) => chunk),
      all.map(({ records }) => records),
      all.map(({ rejects }) => rejects.length),
      all.map(({ skipped }) => skipped),
      all.map(({ slots }) => `{${slots.join(',')}}`),
      messages.map(({ dataset }) => dataset),
    ],
  );
  return rows.map((row) => remember(manifests.get(identityKey(row))!, row.inserted, firstSeen));
}

async function insertSetAsides(
  client: pg.ClientBase,
  setAsides: Map<string, SetAsideMessage>,
  firstSeen: Set<ApplyMessage>,
) {
  if (setAsides.size === 0) return [];
  const all = [...setAsides.values()];
  const of = all.map(({ set_aside }) => set_aside);
  const { rows } = await client.query<Identity>(
    `insert into millrace.set_aside
       (dataset, stage, topic, partition, "offset", source, chunk, slot, code, reason, size_bytes)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[],
       $8::bigint[], $9::text[], $10::text[], $11::int[])
     on conflict do nothing
     returning topic, partition, "offset"::text as offset`,
    [
      all.map(({ dataset }) => dataset),
      of.map(({ stage }) => stage),
      of.map(({ topic }) => topic),
      of.map(({ partition }) => partition),
      of.map(({ offset }) => offset),
      of.map(({ source }) => source),
      of.map(({ chunk }) => chunk),
      of.map(({ slot }) => slot),
      of.map(({ code }) => code),
      of.map(({ reason }) => reason.replaceAll('\0', '\ufffd')),
      of.map(({ size_bytes }) => size_bytes),
    ],
  );
  // Also for those that are known: to mark a chunk twice costs nothing, and one that is never marked never resolves.
  await markFailed(client, all);
  return rows.map((row) => remember(setAsides.get(offsetKey(row))!, true, firstSeen));
}

const INT4_MAX = 2 ** 31 - 1;
const isInt4 = (value: number | null): value is number => value !== null && value <= INT4_MAX;

/**
 * The chunk of a message that was set aside resolves as failed: by its slot when the message was a batch, as a whole when it was
 * the chunk itself or its manifest. Without a slot that can be read nothing is marked, and the chunk is healed.
 */
async function markFailed(client: pg.ClientBase, setAsides: SetAsideMessage[]): Promise<void> {
  for (const { set_aside, dataset, rows } of setAsides) {
    const { stage, topic, source, chunk, slot } = set_aside;
    if (!isInt4(source) || !isInt4(chunk)) continue;
    const isWhole = stage === 'cleaner' || (slot === null && parseTopic(topic)?.layer === 'rejects');
    if (isWhole) {
      await client.query(
        `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots, failed)
         select $1::int, $2::int, 0, 0, 0, '{}', true where not ${isPast('$3::text', '$1::int', '$2::int')}
         on conflict do nothing`,
        [source, chunk, dataset],
      );
    } else if (isInt4(slot)) {
      await client.query(
        `insert into millrace.ledger (source, chunk, slot, rows, failed)
         select $1::int, $2::int, $3::int, $4::int, $4::int where not ${isPast('$5::text', '$1::int', '$2::int')}
         on conflict do nothing`,
        [source, chunk, slot, Math.max(1, rows), dataset],
      );
    }
  }
}

function remember<M extends ApplyMessage>(message: M, inserted: boolean, firstSeen: Set<ApplyMessage>): M {
  if (inserted) firstSeen.add(message);
  return message;
}
