import { MillraceError, topicsOf } from '@millrace/contracts';
import type { KafkaClient } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import type { PlanRegistry, Plans } from '@millrace/stage';
import { faultPoint, type Logger } from '@millrace/telemetry';
import type { InFlightBytes } from '../in-flight.js';
import { logListing, logScanEnd } from '../scan-log.js';
import { failScan, finishScan } from '../steps/finish-scan.js';
import { type ListedFile, listFiles } from '../steps/list-files.js';
import { isScanError, pickScans, planOf, requireDataset, type Scan } from '../steps/pick-scan.js';
import { registerSources } from '../steps/register-sources.js';
import type { Inspector } from './inspector.js';
import { type LeaseHolder, leaseOf } from './lease-holder.js';
import { Wakeup } from './wakeup.js';

export interface ScanParts {
  db: Database;
  kafka: KafkaClient;
  log: Logger;
  leases: LeaseHolder;
  plans: Plans;
  registry?: Pick<PlanRegistry, 'ask' | 'isOutdated' | 'whyMissing'>;
  inspector: Inspector;
  /** Where a scan begins with the bound that it was planned with. */
  in_flight: InFlightBytes;
  /** Told of a dataset that has sources to be cut. */
  onRegistered: (dataset: string) => void;
}

const SCANS = 16;
const POLL_MS = 200;
/** How often a listed scan is asked about whose sources another process may have settled. */
const SETTLED_MS = 1000;

/**
 * Takes scans (`run --once`) from their request to their end: list -> register, sealed at the size they have -> wait
 * until whoever leased them has settled all sources -> finish.
 */
export class ScanLoop {
  private readonly wakeup = new Wakeup();
  private readonly began_at = new Map<number, number>();
  private finish_at = 0;

  constructor(private readonly parts: ScanParts) {}

  /** Sources were settled. */
  wake(): void {
    this.finish_at = 0;
    this.wakeup.wake();
  }

  /** Until the signal is aborted. @throws its reason; the first failure of Kafka or PostgreSQL */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      await this.turn();
      await this.wakeup.wait(POLL_MS, signal);
    }
  }

  private async turn(): Promise<void> {
    const isTime = performance.now() >= this.finish_at;
    if (isTime) this.finish_at = performance.now() + SETTLED_MS;
    for (const scan of await this.ownScans()) {
      if (scan.state === 'listed' && !isTime) continue;
      if (await this.attempt(scan)) await this.parts.leases.release([leaseOf.scan(scan.id)]);
    }
  }

  private async ownScans(): Promise<Scan[]> {
    const { db, leases } = this.parts;
    let scans = await pickScans(db, SCANS);
    const wanted = scans.map(({ id }) => leaseOf.scan(id)).filter((subject) => !leases.holds(subject));
    // Whoever had the lease may have done it meanwhile: what counts is read under the lease.
    if (wanted.length > 0 && (await leases.take(wanted)).length > 0) scans = await pickScans(db, SCANS);
    return scans.filter(({ id }) => leases.holds(leaseOf.scan(id)));
  }

  /** @returns whether the scan is at its end, or another one's */
  private async attempt(scan: Scan): Promise<boolean> {
    const { db, log } = this.parts;
    try {
      if (scan.state === 'listed') return await this.finish(scan);
      await this.list(scan);
      return false;
    } catch (error) {
      if (isFenced(error)) return true;
      if (!isScanError(error)) throw error;
      log.error({ scan: scan.id, dataset: scan.dataset, path: scan.path, err: error }, 'scan failed');
      await failScan(db, scan, error);
      return true;
    }
  }

  private async list(scan: Scan): Promise<void> {
    const { db, kafka, log, plans, registry, inspector, in_flight, onRegistered } = this.parts;
    await registry?.ask(scan.fingerprint);
    // Left to a process that is started anew, or to one of a later release.
    if (!plans.has(scan.fingerprint) && (registry?.isOutdated || registry?.whyMissing(scan.fingerprint))) return;
    const { name, parts, pattern, source } = planOf(scan, plans);
    this.began_at.set(scan.id, Date.now());
    await kafka.ensureTopics(topicsOf(name, parts));
    if (scan.plan?.in_flight_bytes) in_flight.begin(scan.plan.in_flight_bytes);
    const listing = await listFiles(scan.path, pattern, source.compression);
    const inspect = (files: ListedFile[]) =>
      inspector.inspect(
        { dataset: name, scan: scan.id },
        files.map((file) => ({ ...file, sealed: true, sealed_bytes: file.stat.size_bytes })),
      );
    logListing(log, scan, listing, await registerSources(db, scan, listing, inspect));
    faultPoint('ingestor.after_register');
    onRegistered(name);
    this.wake();
  }

  private async finish(scan: Scan): Promise<boolean> {
    requireDataset(scan, this.parts.plans);
    const totals = await finishScan(this.parts.db, scan);
    if (!totals) return false;
    const began_at = this.began_at.get(scan.id);
    this.began_at.delete(scan.id);
    logScanEnd(this.parts.log, scan, totals, began_at === undefined ? undefined : Date.now() - began_at);
    return true;
  }
}

function isFenced(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'OFFSET_FENCED';
}
