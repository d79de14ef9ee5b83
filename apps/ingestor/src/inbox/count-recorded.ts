import { metrics } from '@millrace/telemetry';
import type { ReadChunk } from '../steps/chunk-row.js';
import type { Recorded } from './record-messages.js';

/** Counts rows in the metrics, by dataset. @returns the counts of all together */
export function countRecorded(recorded: readonly Recorded[]): Record<string, number> {
  for (const one of recorded) {
    const { dataset } = one.partition;
    for (const [outcome, rows] of Object.entries(countsOf([one]))) {
      metrics.rows.inc({ dataset, stage: 'ingestor', outcome }, rows);
    }
  }
  return countsOf(recorded);
}

function countsOf(recorded: readonly Recorded[]): Record<string, number> {
  const rowsOf = (chunks: ReadChunk[]) => chunks.reduce((sum, { row }) => sum + row.records, 0);
  return {
    cut: recorded.reduce((sum, { chunks }) => sum + rowsOf(chunks), 0),
    repeated: recorded.reduce((sum, { repeated }) => sum + repeated, 0),
  };
}
