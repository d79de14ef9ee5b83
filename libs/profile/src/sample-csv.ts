import { type Dialect, isPlain } from '@millrace/contracts';
import { detectDialect, headerOf, RECORD_FAULT, readRows } from '@millrace/csv';
import { profileFields } from './infer-fields.js';
import { FIRST_ROWS, type FileSample } from './sample.js';
import { headOf, type SampledFile } from './sample-file.js';

const DETECTED_BYTES = 64 * 1024;

export async function sampleCsv(file: SampledFile, given?: Dialect): Promise<FileSample> {
  const found = given ? { dialect: given, findings: [] } : await detect(file);
  const { dialect } = found;
  const content = file.content({ encoding: dialect.encoding, format: 'csv' });
  const text = await headOf(content, file.text_bytes);
  const complete = text.length < file.text_bytes;
  const rows: string[][] = [];
  let seen_bytes = 0;
  let faulty = 0;
  for (const row of readRows(text, dialect)) {
    // The last one may be cut off.
    if (rows.length >= file.rows || (!complete && row.end >= text.length)) break;
    seen_bytes = row.end;
    if (row.fault === RECORD_FAULT.none && !row.other) rows.push(row.fields);
    else faulty++;
  }
  const whole = complete && rows.length < file.rows;
  const names = headerOf(text, dialect).names ?? rows[0]?.map((_, index) => `column_${index + 1}`) ?? [];
  const findings = isPlain(dialect) ? [] : [...found.findings];
  if (faulty > 0) findings.push(`${faulty} of ${faulty + rows.length} records are damaged: they will be rejects.`);
  return {
    path: file.path,
    format: 'csv',
    compression: file.compression,
    dialect,
    findings,
    fields: profileFields(names, rows),
    declared: null,
    rows: rows.length,
    first_rows: rows.slice(0, FIRST_ROWS),
    complete: whole,
    rows_in_file: whole ? rows.length : null,
    size_bytes: file.size_bytes,
    text_bytes: textBytes(file, text.length, complete),
    sampled_bytes: Math.max(seen_bytes, 1),
  };
}

/** By the first bytes as they are stored, for it is their encoding that is looked for. */
async function detect(file: SampledFile): Promise<{ dialect: Dialect; findings: string[] }> {
  if (file.compression === null) return detectIn(await headOf(file.content(AS_STORED), DETECTED_BYTES + 1));
  // Latin-1 gives each byte its own character: so the bytes come back whatever they are.
  const text = await headOf(file.content({ encoding: 'iso-8859-1', format: 'csv' }), 2 * DETECTED_BYTES);
  return detectIn(Buffer.from(text.toString('utf8'), 'latin1'));
}

const AS_STORED = { encoding: 'utf-8', format: 'csv' } as const;

function detectIn(head: Buffer): { dialect: Dialect; findings: string[] } {
  return detectDialect(head, { complete: head.length <= DETECTED_BYTES });
}

/** How compressed text grows is not known before all of it is read: some four times, commonly. */
const EXPANSION = 4;

/** The size of the whole text, an estimate where it is compressed and only its begin was read. */
export function textBytes(file: SampledFile, read_bytes: number, complete: boolean): number {
  if (complete) return read_bytes;
  return Math.max(read_bytes, file.compression === null ? file.size_bytes : file.size_bytes * EXPANSION);
}
