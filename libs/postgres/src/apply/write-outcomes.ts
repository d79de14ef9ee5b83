import type pg from 'pg';
import { copyIn } from '../copy/copy-in.js';
import { RowBuffer } from '../copy/row-buffer.js';
import { adjustReplaced } from './adjust-replaced.js';
import type { DatasetWork } from './dataset-work.js';
import type { DuplicateRow, ManifestMessage, RejectedRow } from './messages.js';

/** Step 5: the rows that were not written, each with its reason, and the ledger's counts of them. */
export async function writeOutcomes(
  client: pg.ClientBase,
  works: DatasetWork[],
  manifests: ManifestMessage[],
): Promise<void> {
  await writeRejects(client, [...manifests.flatMap(rejectsOf), ...works.flatMap(({ rejects }) => rejects)]);
  await writeDuplicates(
    client,
    works.flatMap(({ duplicates }) => duplicates),
  );
  await settleLedger(client, works);
  await adjustReplaced(client, works);
}

function rejectsOf({ dataset, manifest: { source, rejects } }: ManifestMessage): RejectedRow[] {
  return rejects.map((reject) => ({ ...reject, source, dataset, raw: Buffer.from(reject.raw, 'base64') }));
}

async function writeRejects(client: pg.ClientBase, rejects: RejectedRow[]): Promise<void> {
  if (rejects.length === 0) return;
  const rows = new RowBuffer();
  for (const { source, record, dataset, column, code, value, raw } of rejects) {
    rows.row(7).int4(source).int8(record).text(dataset).text(column).text(code).text(value).bytes(raw);
  }
  await copyIn(client, 'millrace.rejects (source, record, dataset, "column", code, value, raw)', [rows.encoded()]);
}

async function writeDuplicates(client: pg.ClientBase, duplicates: DuplicateRow[]): Promise<void> {
  if (duplicates.length === 0) return;
  const rows = new RowBuffer();
  for (const { source, record, dataset, key } of duplicates)
    rows.row(4).int4(source).int8(record).text(dataset).text(key);
  await copyIn(client, 'millrace.duplicates (source, record, dataset, key)', [rows.encoded()]);
}

/** Step 2 counted every row as written. */
async function settleLedger(client: pg.ClientBase, works: DatasetWork[]): Promise<void> {
  const batches = works.flatMap((work) => work.batches).filter(({ duplicates, rejected }) => duplicates + rejected > 0);
  if (batches.length === 0) return;
  await client.query(
    `update millrace.ledger l set written = written - new.duplicates - new.rejected,
       duplicates = l.duplicates + new.duplicates, rejected = l.rejected + new.rejected
     from unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[]) as new (source, chunk, slot, duplicates, rejected)
     where l.source = new.source and l.chunk = new.chunk and l.slot = new.slot`,
    [
      batches.map(({ message }) => message.batch.source),
      batches.map(({ message }) => message.batch.chunk),
      batches.map(({ message }) => message.batch.slot),
      batches.map(({ duplicates }) => duplicates),
      batches.map(({ rejected }) => rejected),
    ],
  );
}
