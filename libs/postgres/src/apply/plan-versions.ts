import { MillraceError } from '@millrace/contracts';
import type pg from 'pg';
import { isPast } from '../compact/compacted.js';
import { versionKey } from './dataset-work.js';
import type { ApplyMessage, BatchMessage, SetAsideMessage } from './messages.js';

export interface PlanVersions {
  /** By `versionKey`. */
  versions: Map<string, number>;
  /** Those under which nothing is written any more: the tables have another shape. */
  inactive: Set<string>;
}

/**
 * The registered versions of the batches' plans, true until the commit: what changes a table's shape waits for us.
 * @throws MillraceError PLAN_UNKNOWN when one is not registered
 */
export async function readVersions(client: pg.ClientBase, messages: readonly ApplyMessage[]): Promise<PlanVersions> {
  const plans = new Map(
    messages.flatMap((message) =>
      message.kind === 'batch' ? [[versionKey(message.plan), message.plan] as const] : [],
    ),
  );
  const found: PlanVersions = { versions: new Map(), inactive: new Set() };
  if (plans.size === 0) return found;
  const wanted = [...plans.values()];
  const { rows } = await client.query<{ name: string; fingerprint: string; version: number; active: boolean }>(
    `select d.name, d.fingerprint, d.version, d.active
     from unnest($1::text[], $2::text[]) as wanted (name, fingerprint)
     join millrace.datasets d on d.name = wanted.name and d.fingerprint = wanted.fingerprint order by d.version`,
    [wanted.map(({ name }) => name), wanted.map(({ fingerprint }) => fingerprint)],
  );
  for (const row of rows) {
    const key = versionKey(row);
    found.versions.set(key, row.version);
    if (row.active) found.inactive.delete(key);
    else found.inactive.add(key);
  }
  for (const [key, { name, fingerprint }] of plans) {
    if (!found.versions.has(key)) {
      throw new MillraceError('PLAN_UNKNOWN', `plan ${fingerprint} of dataset ${name} is not registered`);
    }
  }
  return found;
}

/**
 * A version becomes inactive when nothing of it is under way, so that its batches are repeats, and dropped. One that is none was
 * cut by somebody who did not look: it cannot be written, and is set aside, where it shows.
 */
export async function dropInactive(
  client: pg.ClientBase,
  messages: ApplyMessage[],
  { inactive }: PlanVersions,
): Promise<ApplyMessage[]> {
  if (inactive.size === 0) return messages;
  const isInactive = (message: ApplyMessage): message is BatchMessage =>
    message.kind === 'batch' && inactive.has(versionKey(message.plan));
  const stale = messages.filter(isInactive);
  const { rows } = await client.query<{ at: number }>(
    `select wanted.at::int - 1 as at
     from unnest($1::text[], $2::int[], $3::int[], $4::int[]) with ordinality as wanted (dataset, source, chunk, slot, at)
     where not ${isPast('wanted.dataset', 'wanted.source', 'wanted.chunk')}
       and not exists (select from millrace.ledger l
         where l.source = wanted.source and l.chunk = wanted.chunk and l.slot = wanted.slot)
       and not exists (select from millrace.manifests m
         where m.source = wanted.source and m.chunk = wanted.chunk and m.failed)`,
    [
      stale.map(({ dataset }) => dataset),
      stale.map(({ batch }) => batch.source),
      stale.map(({ batch }) => batch.chunk),
      stale.map(({ batch }) => batch.slot),
    ],
  );
  return [...messages.filter((message) => !isInactive(message)), ...rows.map(({ at }) => setAside(stale[at]))];
}

function setAside({ topic, partition, offset, dataset, plan, batch }: BatchMessage): SetAsideMessage {
  const { source, chunk, slot, rows } = batch;
  return {
    ...{ kind: 'set_aside', topic, partition, offset, dataset, rows },
    set_aside: {
      ...{ source, chunk, slot, stage: 'aggregator', topic, partition, offset: String(offset), size_bytes: 0 },
      code: 'PLAN_UNKNOWN',
      reason: `plan ${plan.fingerprint} of dataset ${dataset} is no longer written: its tables have another shape`,
    },
  };
}
