import type { ColumnType } from '@millrace/dataset';
import type { FileSample } from './sample.js';

export const MODES = ['eager', 'lazy', 'streaming'] as const;
export type Mode = (typeof MODES)[number];

export interface MemoryPlan {
  mode: Mode;
  /** What all rows would take at once, by the sample. */
  need_bytes: number;
  /** Of the machine or the control group, before the margin. */
  available_bytes: number;
  /** need / (available x (1 - margin)). */
  ratio: number;
  rows: number;
  /** A chunk is cut at this size at most, and so many bytes may be published and not applied yet. */
  chunk_bytes: number;
  in_flight_bytes: number;
  /** Rows of a chunk, by the sample. */
  batch_rows: number;
}

/** Kept free for everything else. */
export const MARGIN = 0.3;
const EAGER_RATIO = 0.65;
const LAZY_RATIO = 2;

const MIB = 1024 * 1024;
/** Large chunks are fast; small ones bound what a message holds in every stage. */
const SIZES: Record<Mode, { chunk_bytes: number; in_flight_bytes: number }> = {
  eager: { chunk_bytes: MIB, in_flight_bytes: 64 * MIB },
  lazy: { chunk_bytes: MIB, in_flight_bytes: 32 * MIB },
  streaming: { chunk_bytes: MIB / 2, in_flight_bytes: 16 * MIB },
};
const CHUNK_ROWS = 16_384;

/** Bytes of a value in a column's arrays; text has its own bytes besides an offset. */
const VALUE_BYTES: Record<ColumnType, number> = {
  text: 4,
  email: 4,
  json: 4,
  integer: 4,
  boolean: 4,
  date: 4,
  bigint: 8,
  decimal: 8,
  timestamp: 8,
};

/**
 * How much memory the rows of some files would take all at once, against what there is: `eager` when that is little, `lazy`
 * when it is about as much, `streaming` when it is far more. The flow is a stream in each case: what differs is how much is in it at a time.
 * @param available_bytes `process.availableMemory()`, which knows control groups
 */
export function planMemory(samples: readonly FileSample[], available_bytes: number): MemoryPlan {
  const estimates = samples.map(estimateFile);
  const rows = sum(estimates.map((estimate) => estimate.rows));
  const need_bytes = Math.round(sum(estimates.map((estimate) => estimate.need_bytes)));
  const text_bytes = sum(estimates.map((estimate) => estimate.text_bytes));
  const usable_bytes = Math.max(available_bytes * (1 - MARGIN), 1);
  const ratio = need_bytes / usable_bytes;
  const mode = ratio <= EAGER_RATIO ? 'eager' : ratio <= LAZY_RATIO ? 'lazy' : 'streaming';
  const { chunk_bytes, in_flight_bytes } = SIZES[mode];
  const row_bytes = rows > 0 ? text_bytes / rows : 0;
  return {
    mode,
    need_bytes,
    available_bytes,
    ratio,
    rows: Math.round(rows),
    chunk_bytes,
    // Never more than a quarter of what may be used, but always room for some chunks.
    in_flight_bytes: Math.round(Math.max(4 * chunk_bytes, Math.min(in_flight_bytes, usable_bytes / 4))),
    batch_rows: Math.min(CHUNK_ROWS, row_bytes > 0 ? Math.max(1, Math.floor(chunk_bytes / row_bytes)) : CHUNK_ROWS),
  };
}

/** What a file holds, scaled up from its sample; what it declares itself (Parquet) is taken as it is. */
function estimateFile(sample: FileSample): { rows: number; text_bytes: number; need_bytes: number } {
  const { fields, rows_in_file, rows, sampled_bytes, text_bytes } = sample;
  const all_rows = rows_in_file ?? (rows === 0 || sampled_bytes === 0 ? 0 : (rows / sampled_bytes) * text_bytes);
  const row_bytes = sum(
    fields.map((field, index) => {
      const type = sample.declared?.[index]?.type ?? field.type;
      const own_bytes =
        type === 'text' || type === 'email' || type === 'json' ? field.total_bytes / Math.max(rows, 1) : 0;
      return VALUE_BYTES[type] + own_bytes;
    }),
  );
  return { rows: all_rows, text_bytes, need_bytes: text_bytes + all_rows * row_bytes };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
