import { setTimeout as sleep } from 'node:timers/promises';
import { topicsOf } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { faultPoint } from '@millrace/telemetry';
import { Flight, type FlightParts } from './flight.js';
import { logCuts, logListing, logScanEnd } from './scan-log.js';
import { cutSources } from './steps/cut-sources.js';
import { failScan, finishScan } from './steps/finish-scan.js';
import { groupCuts } from './steps/group-cuts.js';
import { listFiles } from './steps/list-files.js';
import { isScanError, pickScan, planOf, type Scan } from './steps/pick-scan.js';
import { recordCuts } from './steps/record-cuts.js';
import { readAgain, unpublishedChunks, unresolvedChunks } from './steps/recorded-chunks.js';
import { registerSources } from './steps/register-sources.js';

const IDLE_MS = 200;

export interface FlowParts extends FlightParts {
  /** By fingerprint. */
  plans: ReadonlyMap<string, DatasetPlan>;
}

/**
 * Brings files to Kafka, one scan after the other: pick -> list -> register -> cut -> record -> publish -> resolve ->
 * heal -> finish. Every step that must survive a crash is in PostgreSQL before the next one begins, so a new process
 * takes a scan up wherever the last one left it, and publishes the same bytes.
 */
export class IngestorFlow {
  constructor(private readonly parts: FlowParts) {}

  /** Works until the signal is aborted, and throws its reason; throws the first failure of Kafka or PostgreSQL. */
  async run(): Promise<never> {
    for (;;) {
      this.parts.signal.throwIfAborted();
      if (!(await this.work())) await sleep(IDLE_MS);
    }
  }

  /** @returns false when there is nothing to do */
  async work(): Promise<boolean> {
    const scan = await pickScan(this.parts.db);
    if (!scan) return false;
    try {
      await this.bring(scan, planOf(scan, this.parts.plans));
    } catch (error) {
      if (!isScanError(error)) throw error;
      this.parts.log.error({ scan: scan.id, dataset: scan.dataset, path: scan.path, err: error }, 'scan failed');
      await failScan(this.parts.db, scan, error);
    }
    return true;
  }

  private async bring(scan: Scan, plan: DatasetPlan): Promise<void> {
    const { db, kafka, log } = this.parts;
    const started_at = Date.now();
    await kafka.ensureTopics(topicsOf(plan.name, plan.parts));

    if (scan.state === 'requested') {
      const listing = await listFiles(scan.path, plan.pattern);
      logListing(log, scan, listing, await registerSources(db, scan, listing));
      faultPoint('ingestor.after_register');
    }

    const flight = new Flight(this.parts, plan);
    try {
      // What a crash left behind comes first: it is recorded, so it must be published as it is.
      const unpublished = await unpublishedChunks(db, scan);
      flight.watch(await unresolvedChunks(db, scan));
      for await (const chunk of readAgain(db, unpublished, log)) await flight.publish([chunk]);

      for await (const cuts of groupCuts(logCuts(log, cutSources(db, scan)))) {
        const chunks = await recordCuts(db, cuts);
        faultPoint('ingestor.after_record');
        await flight.publish(chunks);
      }
      await flight.settle();
    } finally {
      await flight.close();
    }
    logScanEnd(log, scan, await finishScan(db, scan), Date.now() - started_at);
  }
}
