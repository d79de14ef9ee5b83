import { ENTRY_KIND } from '@millrace/contracts';
import { cleanChunk } from '../clean-chunk.js';
import { type LiveEntry, liveChunkOf, type Row, rowsOf, sales } from './read-cleaned.js';

export const latin1 = (text: string) => Buffer.from(text, 'latin1');
export const csv = (distance: number, text: string): LiveEntry => [distance, ENTRY_KIND.csv, latin1(text)];
export const json = (distance: number, text: string): LiveEntry => [distance, ENTRY_KIND.json, latin1(text)];
export const header = (text: string): LiveEntry => [0, ENTRY_KIND.header, latin1(text)];

/** A good record of the sales dataset, fields in the order of its columns. */
export const GOOD = 'A,,,1,2.5,,,,';

/** What the entries give: rows by record, and [record, column, code, value, raw] of the rejects. */
export function clean(entries: LiveEntry[], first_record = 101) {
  const records = entries.filter(([, kind]) => kind !== ENTRY_KIND.header).length;
  const cleaned = cleanChunk(sales, liveChunkOf(entries, records, first_record));
  const rejects = cleaned.manifest.rejects.map(({ record, column, code, value, raw }) => {
    return [record, column, code, value, Buffer.from(raw, 'base64').toString('latin1')] as const;
  });
  if (cleaned.counts.records !== records || cleaned.counts.skipped !== 0) throw new Error('wrong counts');
  return { rows: rowsOf(cleaned), rejects };
}

/** [record, code] of all rejects. */
export const codesOf = (entries: LiveEntry[]) => clean(entries).rejects.map(([record, , code]) => [record, code]);

/** What happens to one JSON object. */
export function cleanObject(text: string): Row | [string | null, string, string | null] {
  const { rows, rejects } = clean([json(0, text)]);
  return rows.get(101) ?? [rejects[0][1], rejects[0][2], rejects[0][3]];
}
