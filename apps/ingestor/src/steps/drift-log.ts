import type { Transaction } from '@millrace/postgres';
import type { InferredField } from '@millrace/profile';
import { metrics } from '@millrace/telemetry';
import type { DriftEvent } from './inspect/decide-drift.js';

/** By which listing sources were found: a scan, or a watch's (or a later look at one source), which has no number here. */
export interface Listed {
  dataset: string;
  scan: number | null;
}

type Queryable = Pick<Transaction, 'query'>;

/**
 * Writes down how sources differ from their dataset. A watch lists for ever: of one what was told before is not told again.
 * @param sourceOf the number of the source with a path
 */
export async function writeDrift(
  tx: Queryable,
  { dataset, scan }: Listed,
  events: readonly DriftEvent[],
  sourceOf: (path: string) => number | null,
): Promise<void> {
  if (events.length === 0) return;
  const told = await tx.query<{ kind: string }>(
    `insert into millrace.drift_events (dataset, scan, source, path, kind, column_name, detail, action)
     select $1, $2::bigint, source, path, kind, column_name, detail, action
     from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
       as seen (source, path, kind, column_name, detail, action)
     where $2::bigint is not null or action in ('evolved', 'rejected') or not exists (
       select from millrace.drift_events as told
       where told.dataset = $1 and told.kind = seen.kind and told.column_name = seen.column_name
         and told.action = seen.action)
     returning kind`,
    [
      dataset,
      scan,
      events.map(({ path }) => sourceOf(path)),
      events.map(({ path }) => path),
      events.map(({ kind }) => kind),
      events.map(({ column_name }) => column_name),
      events.map(({ detail }) => detail),
      events.map(({ action }) => action),
    ],
  );
  for (const { kind } of told) metrics.drift.inc({ dataset, kind });
}

/** What a listing's new sources look like: each schema once, with the first source that has it; nothing when it is as last seen. */
export async function writeSchemas(
  tx: Queryable,
  { dataset, scan }: Listed,
  seen: readonly { path: string; fields: InferredField[] }[],
): Promise<void> {
  const distinct = [
    ...new Map(seen.toReversed().map((one) => [JSON.stringify(one.fields), one])).values(),
  ].toReversed();
  if (distinct.length === 0) return;
  await tx.query(
    `insert into millrace.observed_schemas (dataset, scan, path, fields)
     select $1, $2::bigint, path, fields from unnest($3::text[], $4::jsonb[]) as seen (path, fields)
     where $2::bigint is not null or fields is distinct from (
       select fields from millrace.observed_schemas where dataset = $1 order by id desc limit 1)`,
    [dataset, scan, distinct.map(({ path }) => path), distinct.map(({ fields }) => JSON.stringify(fields))],
  );
}
