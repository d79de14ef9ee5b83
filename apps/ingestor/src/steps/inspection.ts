import type { Dialect, Format, MillraceError, SourceContext } from '@millrace/contracts';
import type { Transaction } from '@millrace/postgres';
import type { InferredField } from '@millrace/profile';

/** `millrace.sources.observed`: what a source looked like when it was first read. */
export interface ObservedSource {
  /** Fingerprint of the plan that it was compared with: it is cut under that one or a later version. */
  plan: string;
  format: Format;
  /** As it was decided on; null where the format has none. */
  dialect: Dialect | null;
  /** Sentences about what was detected rather than configured. */
  findings: string[];
  /** As sampled; null where the source has no header, or was not looked at. */
  fields: InferredField[] | null;
}

/** What is decided about a source before any of it is cut; decided once, and kept. */
export interface Inspection {
  context: SourceContext | null;
  observed: ObservedSource;
}

/** An inspection as it is written down. */
export interface InspectedSource extends Inspection {
  source: number;
  /** Why the source must not be cut; null: it may. */
  refused: MillraceError | null;
}

/** Writes inspections down, where nobody was faster. A refused source is red, and at its end. */
export async function writeInspections(
  tx: Pick<Transaction, 'query'>,
  inspected: readonly InspectedSource[],
): Promise<void> {
  if (inspected.length === 0) return;
  await tx.query(
    `update millrace.sources set context = seen.context, observed = seen.observed,
       state = case when seen.error is null then state else 'failed' end,
       error = coalesce(seen.error, sources.error), settled = settled or seen.error is not null
     from unnest($1::int[], $2::jsonb[], $3::jsonb[], $4::jsonb[]) as seen (id, context, observed, error)
     where sources.id = seen.id and (sources.observed is null or sources.context is null)`,
    [
      inspected.map(({ source }) => source),
      inspected.map(({ context }) => context && JSON.stringify(context)),
      inspected.map(({ observed }) => JSON.stringify(observed)),
      inspected.map(({ refused }) => refused && JSON.stringify({ code: refused.code, message: refused.message })),
    ],
  );
}
