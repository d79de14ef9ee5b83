import { type Logger, metrics } from '@millrace/telemetry';
import type { CutStep } from './steps/cut-source.js';
import type { ScanTotals } from './steps/finish-scan.js';
import type { Listing } from './steps/list-files.js';
import type { Scan } from './steps/pick-scan.js';
import type { Registered } from './steps/register-sources.js';

/** What an operator reads of a scan: what was found and as what, each file's start and end, the totals. */
export function logListing(log: Logger, scan: Scan, listing: Listing, registered: Registered[]): void {
  for (const { file, identity, source } of registered) {
    const as = identity.kind === 'new' ? identity.because : identity.kind;
    log.info({ scan: scan.id, source, path: file.path, size_bytes: file.stat.size_bytes, as }, 'file found');
  }
  for (const refusal of listing.refused) log.warn({ scan: scan.id, ...refusal }, 'file refused');
  const { ignored, refused, directory } = listing;
  log.info({ scan: scan.id, directory, files: registered.length, ignored, refused: refused.length }, 'scan listed');
}

/** Passes the steps on unchanged. */
export async function* logCuts(log: Logger, steps: AsyncIterable<CutStep>): AsyncGenerator<CutStep> {
  let began_at = 0;
  let file = { path: '', chunks: 0, records: 0, bytes: 0 };
  for await (const step of steps) {
    if (step.kind === 'begin') {
      began_at = Date.now();
      file = { path: step.path, chunks: 0, records: 0, bytes: 0 };
      log.info({ source: step.source, path: step.path, size_bytes: step.size_bytes }, 'file start');
    } else if (step.kind === 'chunk') {
      const { records, byte_start, byte_end } = step.row;
      file.chunks++;
      file.records += records;
      file.bytes += byte_end - byte_start;
      metrics.rows.inc({ stage: 'ingestor', outcome: 'cut' }, records);
      metrics.bytes.inc({ stage: 'ingestor', direction: 'in' }, byte_end - byte_start);
    } else if (step.kind === 'end') {
      const { source, state, error } = step;
      const told = { source, state, ...file, duration_ms: Date.now() - began_at };
      if (error) log.error({ ...told, err: error }, 'file is red: not published from again');
      else log.info(told, 'file end');
    }
    yield step;
  }
}

export function logScanEnd(log: Logger, scan: Scan, totals: ScanTotals, duration_ms: number): void {
  log.info({ scan: scan.id, dataset: scan.dataset, path: scan.path, ...totals, duration_ms }, 'scan finished');
}
