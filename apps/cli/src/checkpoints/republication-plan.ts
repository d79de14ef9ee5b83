import { type Database, type RecordedTotals, type RepublishableSource, recordedTotals } from '@millrace/postgres';
import { withBroker } from '../broker.js';
import { CommandFailure } from '../failure.js';
import { checkFile } from './check-file.js';
import { checkInbox } from './check-inbox.js';

/** Whether the bytes are still to be had. */
export interface BytesCheck {
  /** Chunks whose bytes are there as they were recorded. */
  readable: number;
  problem: { code: string; message: string } | null;
}

/** What `republish` would do. */
export interface RepublicationPlan extends RepublishableSource, Omit<RecordedTotals, 'bytes'> {
  from_chunk: number;
  /** Of the file's text; null for an inbox, whose chunks are made of messages. */
  bytes: number | null;
}

/** @throws CommandFailure REFUSED when there is no chunk to publish */
export async function planRepublication(
  db: Database,
  source: RepublishableSource,
  from_chunk: number,
): Promise<RepublicationPlan> {
  const totals = await recordedTotals(db, source.source, from_chunk);
  if (totals.chunks === 0) throw nothingThere(source, from_chunk, totals);
  return { ...source, from_chunk, ...totals, bytes: source.kind === 'file' ? totals.bytes : null };
}

/** @param brokers where an inbox is asked; undefined: nowhere @throws MillraceError KAFKA_UNREACHABLE */
export async function checkBytes(
  db: Database,
  { kind, source, from_chunk }: RepublicationPlan,
  brokers: string | undefined,
): Promise<BytesCheck> {
  if (kind === 'file') return checkFile(db, source, from_chunk);
  if (brokers === undefined) {
    throw new CommandFailure('NOT_RUNNING', 'no Kafka to ask for the inbox', 'start it: npx millrace up --detach');
  }
  return withBroker(brokers, (kafka) => checkInbox(db, kafka, source, from_chunk));
}

function nothingThere({ path }: RepublishableSource, from_chunk: number, { compacted }: RecordedTotals) {
  const what =
    from_chunk === 0 ? `${path} has no recorded chunk` : `${path} has no recorded chunk from ${from_chunk} on`;
  if (compacted === 0) return new CommandFailure('REFUSED', what, 'npx millrace checkpoints show');
  const merged = `${what}: ${compacted} were merged into ranges once all of them were applied and balanced`;
  return new CommandFailure('REFUSED', merged, 'nothing has to be published again: what they held is in the tables');
}
