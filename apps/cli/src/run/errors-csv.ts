import { createHash } from 'node:crypto';
import { mkdirSync, renameSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DatasetPlan } from '@millrace/dataset';
import type { Database } from '@millrace/postgres';
import { csvRecord, notFormula } from '../output-csv.js';

const BATCH = 10_000;
const HEADER = ['source', 'record', 'reason', 'column', 'value', 'raw'];

interface RejectRow {
  record: string;
  code: string;
  column: string | null;
  value: string | null;
  raw: Buffer | null;
}

/**
 * Writes the rejects of a dataset's sources as CSV, a file for each source that has some: `<name>.<id>.csv`, in order of
 * record. A file is written anew as a whole and takes its place at once, so that it is the same however often this is called.
 * @param sources of these only; undefined = all @returns the files written
 */
export async function writeErrors(
  db: Database,
  plan: Pick<DatasetPlan, 'name'>,
  directory: string,
  sources?: readonly number[],
): Promise<string[]> {
  const rows = await db.query<{ id: number; path: string }>(
    `select id, path from millrace.sources s where dataset = $1 and ($2::int[] is null or id = any ($2))
       and exists (select from millrace.rejects r where r.source = s.id) order by id`,
    [plan.name, sources ?? null],
  );
  if (rows.length > 0) mkdirSync(directory, { recursive: true });
  const files: string[] = [];
  for (const { id, path } of rows) {
    const file = join(directory, `${fileName(path)}.${id}.csv`);
    await writeSource(db, id, path, file);
    files.push(file);
  }
  return files;
}

async function writeSource(db: Database, source: number, path: string, file: string): Promise<void> {
  const partial = `${file}.part`;
  const out = await open(partial, 'w');
  try {
    await out.write(csvRecord(HEADER));
    for (let after = '-1'; ; ) {
      const rows = await db.query<RejectRow>(
        `select record::text, code, "column", value, raw from millrace.rejects
         where source = $1 and record > $2::bigint order by record, code, "column" limit ${BATCH}`,
        [source, after],
      );
      await writeRows(out, path, rows);
      if (rows.length < BATCH) break;
      after = (rows.at(-1) as RejectRow).record;
    }
  } finally {
    await out.close();
  }
  renameSync(partial, file);
}

/** Cells are for spreadsheets, too: none of them may be taken for a formula. */
async function writeRows(out: FileHandle, path: string, rows: RejectRow[]): Promise<void> {
  const lines = rows.map(({ record, code, column, value, raw }) =>
    csvRecord([basename(path), record, code, column ?? '', value ?? '', raw?.toString('utf8') ?? ''].map(notFormula)),
  );
  if (lines.length > 0) await out.write(lines.join(''));
}

/** The source's own name, made safe for any file system; of another one with the same safe name the id tells. */
function fileName(path: string): string {
  const name = basename(path).replace(/[^\w.-]+/g, '_');
  return name.length <= 100
    ? name
    : `${name.slice(0, 80)}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}
