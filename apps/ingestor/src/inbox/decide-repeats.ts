import { hash } from 'node:crypto';
import type { Transaction } from '@millrace/postgres';
import type { LiveMessage } from './inbox-partition.js';
import { readMessage } from './steps/read-message.js';

/** A message with a key, at its place. */
export interface Claim {
  dataset: string;
  source: number;
  message: LiveMessage & { key: string };
}

interface Counted {
  dataset: string;
  key: string;
  source: number;
  offset: string;
}

/**
 * Which of the messages repeat one that counts already. Of those that come at once the first one counts; transactions that
 * claim the same key wait for each other. Keys are taken in one order, so that none waits in a circle.
 * @param claims in the order in which they count
 */
export async function decideRepeats(tx: Transaction, claims: readonly Claim[]): Promise<Set<Claim>> {
  if (claims.length === 0) return new Set();
  const groups = [...Map.groupBy(claims, idOf).values()].map((group) => ({
    first: group[0],
    others: group.length - 1,
  }));
  const counted = await tx.query<Counted>(
    `insert into millrace.requests as r (dataset, key, body_hash, rows, source, "offset", repeats)
     select * from unnest($1::text[], $2::text[], $3::bytea[], $4::int[], $5::int[], $6::bigint[], $7::int[])
       as claim (dataset, key, body_hash, rows, source, "offset", others)
     order by dataset collate "C", key collate "C"
     on conflict (dataset, key) do update set
       source = coalesce(r.source, excluded.source), "offset" = coalesce(r."offset", excluded."offset"),
       repeats = r.repeats + excluded.repeats
         + (r.source is not null and (r.source, r."offset") <> (excluded.source, excluded."offset"))::int
     returning dataset, key, source, "offset"::text as "offset"`,
    [
      groups.map(({ first }) => first.dataset),
      groups.map(({ first }) => first.message.key),
      groups.map(({ first }) => hash('sha256', first.message.value ?? Buffer.alloc(0), 'buffer')),
      groups.map(({ first }) => readMessage(first.message.value).rows.length),
      groups.map(({ first }) => first.source),
      groups.map(({ first }) => String(first.message.offset)),
      groups.map(({ others }) => others),
    ],
  );
  const places = new Map(
    counted.map(({ dataset, key, source, offset }) => [JSON.stringify([dataset, key]), `${source}:${offset}`]),
  );
  return new Set(claims.filter((claim) => places.get(idOf(claim)) !== `${claim.source}:${claim.message.offset}`));
}

function idOf({ dataset, message }: Claim): string {
  return JSON.stringify([dataset, message.key]);
}
