import { currentPlans, type PlanRegistry } from '@millrace/stage';
import { CutLoop } from './files/cut-loop.js';
import { Inspector } from './files/inspector.js';
import { LEASE_LIMITS, LeaseHolder, type LeaseLimits } from './files/lease-holder.js';
import { RepublishLoop } from './files/republish-loop.js';
import { runTogether } from './files/run-together.js';
import { ScanLoop } from './files/scan-loop.js';
import { WatchLoop } from './files/watch-loop.js';
import { Flight, type FlightParts } from './flight.js';
import { InFlightBytes } from './in-flight.js';
import { MemoryPressure } from './memory-pressure.js';
import { readAgain } from './steps/recorded-chunks.js';

export interface FlowParts extends FlightParts {
  /** Asked for versions that came since; without it the plans are all there are. */
  registry?: PlanRegistry;
  /** Under this name leases are taken; a process that is started again has the same one. */
  owner: string;
  /** A watched file that has not changed for so long is sealed. */
  quiet_ms: number;
  leases?: LeaseLimits;
}

/**
 * Brings files to Kafka, together with any number of other ingestors:
 *
 *     scans    what `run --once` asks for: list -> register, sealed        -> finish when all is settled
 *     watches  directories that live: list again and again -> register, open -> seal what is quiet
 *     cuts     of each dataset: claim sources -> cut -> record -> publish -> settle when all is resolved
 *     again    what `checkpoints republish` asks for: read recorded chunks again -> publish
 *
 * They meet in PostgreSQL: a source that is not settled is work for whoever leases it. What is lost on the way is
 * published again (`Flight`).
 */
export class IngestorFlow {
  private readonly leases: LeaseHolder;
  private readonly scans: ScanLoop;
  private readonly watches: WatchLoop;
  private readonly republications: RepublishLoop;
  private readonly pressure: MemoryPressure;
  private readonly flights: Flight[] = [];
  private readonly cuts = new Map<string, CutLoop>();
  private readonly ending = new AbortController();

  constructor(private readonly parts: FlowParts) {
    const { db, log, plans } = parts;
    const in_flight = parts.in_flight ?? new InFlightBytes(parts.limits.in_flight_bytes);
    const inspector = new Inspector(parts);
    this.pressure = new MemoryPressure(in_flight, log);
    const onRegistered = (dataset: string) => this.cuts.get(dataset)?.wake();
    this.leases = new LeaseHolder(db, parts.owner, parts.leases ?? LEASE_LIMITS);
    this.scans = new ScanLoop({ ...parts, leases: this.leases, inspector, in_flight, onRegistered });
    this.watches = new WatchLoop({ ...parts, leases: this.leases, inspector, onRegistered });
    this.republications = new RepublishLoop({ ...parts, leases: this.leases });
    const signal = AbortSignal.any([parts.signal, this.ending.signal]);
    for (const dataset of currentPlans(plans).keys()) {
      const flight = new Flight({ ...parts, in_flight, signal }, dataset, (lost) => readAgain(db, lost, log));
      this.flights.push(flight);
      const onSettled = () => this.scans.wake();
      const { leases, pressure } = this;
      this.cuts.set(dataset, new CutLoop({ ...parts, leases, flight, dataset, inspector, pressure, onSettled }));
    }
  }

  /** Works until the signal is aborted, and throws its reason; throws the first failure of Kafka or PostgreSQL. */
  async run(): Promise<never> {
    const signal = AbortSignal.any([this.parts.signal, this.ending.signal]);
    const { leases, scans, watches, republications, pressure } = this;
    const own = [leases, scans, watches, republications, pressure, ...this.cuts.values()];
    const loops = own.map((loop) => loop.run(signal));
    loops.push(...this.flights.map((flight) => flight.tend()));
    try {
      return await runTogether(this.ending, loops);
    } finally {
      for (const flight of this.flights) await flight.close();
      // Best effort: what is not given back expires.
      await this.leases.releaseAll().catch(() => {});
    }
  }
}
