import {
  CONTEXT_BYTES,
  type Dialect,
  type Format,
  isPlain,
  MillraceError,
  type SourceContext,
} from '@millrace/contracts';
import { type DatasetPlan, usesFile } from '@millrace/dataset';
import { formatOfName } from '@millrace/formats';
import { compareSchema, inferFields } from '@millrace/profile';
import { autoColumns, chooseDateFormats } from './inspect/choose-date-formats.js';
import { decideDialect } from './inspect/decide-dialect.js';
import type { ComparedSource } from './inspect/decide-drift.js';
import { namesAnyColumn } from './inspect/known-names.js';
import { type Head, type ReadableFile, readHead } from './inspect/read-head.js';
import { sampleJson } from './inspect/sample-json.js';
import { type Sample, sampleCsv, sampleParquet } from './inspect/sample-rows.js';
import type { Inspection } from './inspection.js';

export interface FileToInspect extends ReadableFile {
  /** Relative to the directory, as it stands in `_file`. */
  name: string;
  /** False while it may still grow. */
  sealed: boolean;
}

export interface InspectedFile extends Inspection {
  /** How it differs from its dataset. */
  compared: Omit<ComparedSource, 'path'>;
}

interface Found {
  format: Format;
  dialect: Dialect | null;
  sample: Sample | null;
  findings: string[];
}

/**
 * Looks at the head of a source before any of it is cut, and decides how it is to be read. What it says is kept: the file may
 * look different later.
 * @returns null when that cannot be told before there is more of it, or before it is sealed
 * @throws MillraceError SOURCE_*
 */
export async function inspectSource(file: FileToInspect, plan: DatasetPlan): Promise<InspectedFile | null> {
  const format = plan.source.format === 'auto' ? (formatOfName(file.name).format ?? 'csv') : plan.source.format;
  if (!file.sealed && !mayBeOpen(file, format, plan)) return null;
  const found = format === 'csv' ? await lookAtCsv(file, plan) : await lookAtOther(file, plan, format);
  if (!found) return null;
  const { dialect, sample } = found;
  const chosen = sample ? chooseDateFormats(plan, sample) : { date_formats: {}, findings: [] };
  const isUsual = format === 'csv' && dialect !== null && isPlain(dialect);
  const context: SourceContext = {
    format,
    path: file.name,
    dialect,
    names: isUsual || format === 'json' || format === 'json_lines' ? null : (sample?.names ?? null),
    date_formats: chosen.date_formats,
  };
  requireMeasure(context);
  return {
    context: isUsual && !usesFile(plan) && autoColumns(plan).length === 0 ? null : context,
    observed: {
      plan: plan.fingerprint,
      format,
      dialect,
      findings: [...found.findings, ...chosen.findings],
      fields: sample && inferFields(sample.names, sample.rows),
    },
    compared: {
      drifts: sample ? compareSchema(plan, sample) : [],
      is_ours: sample !== null && namesAnyColumn(plan, sample.names),
    },
  };
}

/** It travels with every chunk. */
function requireMeasure(context: SourceContext): void {
  const size_bytes = Buffer.byteLength(JSON.stringify(context));
  if (size_bytes < CONTEXT_BYTES / 2) return;
  const message = `the names of its fields take ${size_bytes} bytes`;
  throw new MillraceError('HEADER_TOO_LONG', message, { place: { file: context.path } });
}

/** Whether a source can be read while it grows, as far as it can be told before it was looked at. */
function mayBeOpen({ compression }: FileToInspect, format: Format, plan: DatasetPlan): boolean {
  const { dialect } = plan.source;
  if (compression !== null || format === 'json' || format === 'parquet' || autoColumns(plan).length > 0) return false;
  return typeof dialect !== 'object' || (dialect.encoding === 'utf-8' && dialect.footer_lines === 0);
}

async function lookAtCsv(file: FileToInspect, plan: DatasetPlan): Promise<Found | null> {
  const { sealed } = file;
  const stored = await readHead(file, null);
  const decided = await decideDialect(plan, stored, sealed);
  if (!decided) return null;
  const { dialect, findings } = decided;
  const text = dialect.encoding === 'utf-8' ? stored : await readHead(file, contextToRead(file.name, 'csv', dialect));
  const sample = sampleCsv(plan, text, dialect, sealed);
  if (!sample && !sealed) return null;
  return { format: 'csv', dialect, sample: hasHeader(sample) ? sample : null, findings };
}

async function lookAtOther(
  file: FileToInspect,
  plan: DatasetPlan,
  format: Exclude<Format, 'csv'>,
): Promise<Found | null> {
  const head: Head = await readHead(file, contextToRead(file.name, format, null));
  if (!file.sealed && !head.bytes.includes('\n')) return null;
  const sample = format === 'parquet' ? sampleParquet(plan, head) : await sampleJson(head, format);
  return { format, dialect: null, sample: hasHeader(sample) ? sample : null, findings: [] };
}

/** An empty file has no fields, which is no news of them. */
function hasHeader(sample: Sample | null): sample is Sample {
  return sample !== null && sample.names.length > 0;
}

/** As much as opening a source needs to know. */
function contextToRead(path: string, format: Format, dialect: Dialect | null): SourceContext {
  return { format, path, dialect, names: null, date_formats: {} };
}
