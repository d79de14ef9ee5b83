import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RejectCode } from '@millrace/contracts';
import type { DatasetConfig } from '@millrace/dataset';
import { noCounts, sortedByKey } from '../answer-key.js';
import { readCsv } from '../oracle/read-csv.js';
import { keyText } from './canonical.js';
import { cleanField, type Derivations } from './recompute-field.js';
import { farOutside } from './recompute-outliers.js';
import type { Row } from './table-shape.js';

/** What must become of the files of one dataset. */
export interface Recomputed {
  rows: (Row & { _file: string; _record: string })[];
  duplicates: { file: string; record: number; key: string; winner_file: string; winner_record: number }[];
  rejects: { file: string; record: number; column: string | null; code: RejectCode }[];
  counts: (ReturnType<typeof noCounts> & { file: string })[];
}

interface Accepted {
  record: number;
  row: Row;
}

/**
 * An independent oracle for the ready-made datasets: their files' text and their config's rules, by the plainest code that can
 * say it. It knows what these configs use and nothing else, and holds all in memory.
 * @param files in source order @param derivations expressions of the config, as functions: here no expression is parsed
 */
export function recompute(
  config: DatasetConfig,
  directory: string,
  files: readonly string[],
  derivations: Derivations,
): Recomputed {
  const all: Recomputed = { rows: [], duplicates: [], rejects: [], counts: [] };
  const winners = new Map<string, { file: string; record: number }>();
  for (const file of files) {
    const { header, records, skipped } = readCsv(readFileSync(join(directory, file)));
    const counts = { ...noCounts(), file, rows_in: records.length, skipped };
    const reject = (record: number, column: string | null, code: RejectCode) => {
      all.rejects.push({ file, record, column, code });
      counts.rejected += 1;
      counts.rejected_by_code[code] = (counts.rejected_by_code[code] ?? 0) + 1;
    };
    const accepted: Accepted[] = [];
    for (const { record, fields, flaw } of records) {
      if (flaw || fields.length !== header.length) reject(record, null, flaw ?? 'ragged_row');
      else {
        const values = new Map(header.map((name, at) => [name.trim(), utf8(fields[at])]));
        const clean = cleanRecord(config, values);
        if ('code' in clean) reject(record, clean.column, clean.code);
        else accepted.push({ record, row: clean.row });
      }
    }
    const outliers = farOutside(config, accepted);
    for (const { record, row } of accepted) {
      const outlier = outliers.get(record);
      if (outlier) {
        reject(record, outlier, 'outlier');
        continue;
      }
      const key = keyText(keyOf(config).map((name) => row[name]!));
      const winner = winners.get(key);
      if (winner) {
        all.duplicates.push({ file, record, key, winner_file: winner.file, winner_record: winner.record });
        counts.duplicates += 1;
        continue;
      }
      for (const { name, derive, from } of config.columns) {
        if (derive) row[name] = derivations[derive](row, from ?? [], file);
      }
      winners.set(key, { file, record });
      all.rows.push({ ...row, _file: file, _record: String(record) });
      counts.written += 1;
    }
    all.counts.push({ ...counts, rejected_by_code: sortedByKey(counts.rejected_by_code) });
  }
  return all;
}

export function keyOf({ key }: DatasetConfig): string[] {
  return typeof key === 'string' ? [key] : key;
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

type Failure = { column: string; code: RejectCode };

/** The first failing column in the config's order decides. */
function cleanRecord(config: DatasetConfig, fields: ReadonlyMap<string, string>): { row: Row } | Failure {
  const row: Row = {};
  for (const column of config.columns) {
    if (column.derive) continue;
    const names = column.header === undefined ? [column.name] : [column.header].flat();
    const value = names.map((name) => fields.get(name)).find((found) => found !== undefined) ?? '';
    const result = cleanField(column, column.null_words ?? config.null_words, value);
    if ('code' in result) return { column: column.name, code: result.code };
    row[column.name] = result.value;
  }
  return { row };
}
