import type { MillraceError } from '@millrace/contracts';
import { type Logger, metrics } from '@millrace/telemetry';
import type { Held } from './files/held-sources.js';

import type { MissingFile } from './steps/end-missing.js';
import type { ScanTotals } from './steps/finish-scan.js';
import type { Listing } from './steps/list-files.js';
import type { Scan } from './steps/pick-scan.js';
import type { PackedStep } from './steps/record-cuts.js';
import type { Registered } from './steps/register-sources.js';

/** What an operator reads of a scan: what was found and as what, each file's start and end, the totals. */
export function logListing(log: Logger, scan: Scan, listing: Listing, registered: Registered[]): void {
  logRegistered(log, { scan: scan.id }, registered);
  for (const refusal of listing.refused) log.warn({ scan: scan.id, ...refusal }, 'file refused');
  const { ignored, refused, directory } = listing;
  log.info({ scan: scan.id, directory, files: registered.length, ignored, refused: refused.length }, 'scan listed');
}

/** @param by the scan or watch that found them */
export function logRegistered(log: Logger, by: { scan: number } | { watch: number }, registered: Registered[]): void {
  for (const { file, identity, source } of registered) {
    const as = identity.kind === 'new' ? identity.because : identity.kind;
    // A file that is followed grows again and again.
    const isNews = 'scan' in by || (as !== 'appended' && as !== 'known');
    log[isNews ? 'info' : 'debug'](
      { ...by, source, path: file.path, size_bytes: file.stat.size_bytes, as },
      'file found',
    );
  }
}

/** @param error null: all that was seen of the file was read */
export function logMissing(log: Logger, { source, path }: MissingFile, error: MillraceError | null): void {
  if (error) log.error({ source, path, err: error }, 'file is red: it is gone before it was read');
  else log.info({ source, path }, 'file is gone, all of it was read');
}

/** Passes the steps on unchanged. @param isSealed of a file that grows line by line not each step is told */
export async function* logCuts(
  log: Logger,
  dataset: string,
  steps: AsyncIterable<PackedStep>,
  isSealed: (source: number) => boolean,
): AsyncGenerator<PackedStep> {
  let began_at = 0;
  let file = { path: '', chunks: 0, records: 0, bytes: 0 };
  for await (const step of steps) {
    if (step.kind === 'begin') {
      began_at = Date.now();
      file = { path: step.path, chunks: 0, records: 0, bytes: 0 };
      const told = { source: step.source, path: step.path, size_bytes: step.size_bytes };
      log[isSealed(step.source) ? 'info' : 'debug'](told, 'file start');
    } else if (step.kind === 'chunk') {
      const { records, byte_start, byte_end } = step.row;
      file.chunks++;
      file.records += records;
      file.bytes += byte_end - byte_start;
      metrics.rows.inc({ dataset, stage: 'ingestor', outcome: 'cut' }, records);
      metrics.bytes.inc({ stage: 'ingestor', direction: 'in' }, byte_end - byte_start);
    } else if (step.kind === 'end') {
      const { source, state, error } = step;
      const told = { source, state, ...file, duration_ms: Date.now() - began_at };
      if (error) log.error({ ...told, err: error }, 'file is red: not published from again');
      else log[state === 'cut' ? 'info' : 'debug'](told, 'file end');
    }
    yield step;
  }
}

/** Sources of which all is in the table by now. */
export function logLoaded(log: Logger, loaded: readonly Held[]): void {
  for (const { claimed, load } of loaded) {
    log[claimed.sealed ? 'info' : 'debug']({ source: claimed.id, path: claimed.path, ...load }, 'file loaded');
  }
}

/** @param duration_ms undefined when another process began the scan */
export function logScanEnd(log: Logger, scan: Scan, totals: ScanTotals, duration_ms: number | undefined): void {
  log.info({ scan: scan.id, dataset: scan.dataset, path: scan.path, ...totals, duration_ms }, 'scan finished');
}
