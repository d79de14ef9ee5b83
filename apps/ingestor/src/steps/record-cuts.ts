import type { MillraceError } from '@millrace/contracts';
import type { Database, Transaction } from '@millrace/postgres';
import { inactivePlans } from './active-plans.js';
import type { PackedChunk } from './chunk-row.js';
import type { EndState, SourceStep } from './cut-source.js';
import { isSameInode } from './file-stat.js';
import { insertChunks } from './insert-chunks.js';
import { lockSources, type WatchedSource } from './known-sources.js';
import type { ClaimedSource } from './open-sources.js';
import { isDirectSource } from './source-file.js';

/** What is written down. */
export type PackedStep = SourceStep<PackedChunk>;

export interface RecordedCuts {
  /** To be published. */
  chunks: PackedChunk[];
  /**
   * Sources that another ingestor got ahead with, that are no longer what was read, or whose plan is no longer current:
   * nothing of them was written down.
   */
  lost: number[];
  /** Whether some of them were cut under a plan that is no longer current. */
  is_replaced: boolean;
}

/**
 * Writes down what was cut, in one transaction and before any of it is published. The rows of the sources are locked
 * first, and what no longer follows on them is left out: of two that believe they own a source, the first one counts.
 * @param dataset whose sources they are @param claimed as the sources stood when they were opened
 */
export async function recordCuts(
  db: Database,
  dataset: string,
  steps: PackedStep[],
  claimed: ReadonlyMap<number, ClaimedSource>,
): Promise<RecordedCuts> {
  const groups = Map.groupBy(steps, sourceOf);
  return db.transaction(async (tx) => {
    const inactive = await inactivePlans(tx, dataset, steps.flatMap(planOf));
    const rows = await lockSources(tx, [...groups.keys()]);
    const last = await lastChunks(tx, [...groups.keys()]);
    const isLost = (id: number) => {
      const cuts = groups.get(id) as PackedStep[];
      const isCurrent = cuts.flatMap(planOf).every((plan) => !inactive.has(plan));
      return !isCurrent || !follows(cuts, claimed.get(id), rows.get(id), last.get(id) ?? -1);
    };
    const lost = [...groups.keys()].filter(isLost);
    const kept = lost.length === 0 ? steps : steps.filter((step) => !lost.includes(sourceOf(step)));
    const chunks = kept.filter((step) => step.kind === 'chunk');
    await insertHeaders(
      tx,
      kept.filter((step) => step.kind === 'header'),
    );
    await insertChunks(tx, chunks);
    const ends = kept.filter((step) => step.kind === 'end');
    await endSources(
      tx,
      ends.filter(({ source }) => isAsRead(claimed.get(source) as ClaimedSource, rows.get(source) as WatchedSource)),
    );
    return { chunks, lost, is_replaced: inactive.size > 0 };
  });
}

export function sourceOf(step: PackedStep): number {
  return step.kind === 'chunk' ? step.row.source : step.source;
}

function planOf(step: PackedStep): string[] {
  return step.kind === 'chunk' ? [step.row.fingerprint] : [];
}

async function lastChunks(tx: Transaction, ids: number[]): Promise<Map<number, number>> {
  const rows = await tx.query<{ source: number; last: number }>(
    'select source, max(chunk) as last from millrace.chunks where source = any ($1::int[]) group by source',
    [ids],
  );
  return new Map(rows.map(({ source, last }) => [source, last]));
}

/** Whether the cuts continue what is recorded of the same file. */
function follows(
  cuts: PackedStep[],
  then: ClaimedSource | undefined,
  now: WatchedSource | undefined,
  last: number,
): boolean {
  if (!then || !now || now.state !== 'registered' || !isSameInode(then.stat, now.stat)) return false;
  const chunks = cuts.filter((step) => step.kind === 'chunk').map(({ row }) => row);
  if (chunks.length === 0) return true;
  // Cut off meanwhile: the bytes beyond are no longer what its row tells.
  const isWithin =
    !isDirectSource(then.compression, then.context) || chunks[chunks.length - 1].byte_end <= now.sealed_bytes;
  return isWithin && chunks.every(({ chunk }, index) => chunk === last + 1 + index);
}

/** Whether what was read is still all that the source has to be read of. */
function isAsRead(then: ClaimedSource, now: WatchedSource): boolean {
  return then.path === now.path && then.sealed_bytes === now.sealed_bytes && then.sealed === now.sealed;
}

async function insertHeaders(tx: Transaction, headers: { source: number; header: Buffer; header_end: number }[]) {
  if (headers.length === 0) return;
  await tx.query(
    `update millrace.sources set header = found.header, header_end = found.header_end
     from unnest($1::int[], $2::bytea[], $3::bigint[]) as found (id, header, header_end) where sources.id = found.id`,
    [headers.map(({ source }) => source), headers.map(({ header }) => header), headers.map((h) => h.header_end)],
  );
}

export interface SourceEnd {
  source: number;
  state: EndState;
  error: MillraceError | null;
}

export async function endSources(tx: Pick<Transaction, 'query'>, ends: SourceEnd[]): Promise<void> {
  if (ends.length === 0) return;
  await tx.query(
    `update millrace.sources set state = ended.state, error = ended.error
     from unnest($1::int[], $2::text[], $3::jsonb[]) as ended (id, state, error) where sources.id = ended.id`,
    [ends.map(({ source }) => source), ends.map(({ state }) => state), ends.map(({ error }) => errorJson(error))],
  );
}

/** What users see of an error in `sources.error` and `scans.error`. */
export function errorJson(error: MillraceError | null): string | null {
  return error && JSON.stringify({ code: error.code, message: error.message });
}
