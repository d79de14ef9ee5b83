import type { DatasetPlan } from '@millrace/dataset';
import { CutLoop } from './files/cut-loop.js';
import { LEASE_LIMITS, LeaseHolder, type LeaseLimits } from './files/lease-holder.js';
import { runTogether } from './files/run-together.js';
import { ScanLoop } from './files/scan-loop.js';
import { WatchLoop } from './files/watch-loop.js';
import { Flight, type FlightParts } from './flight.js';
import { InFlightBytes } from './in-flight.js';
import { readAgain } from './steps/recorded-chunks.js';

export interface FlowParts extends FlightParts {
  /** By fingerprint. */
  plans: ReadonlyMap<string, DatasetPlan>;
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
 *
 * They meet in PostgreSQL: a source that is not settled is work for whoever leases it. What is lost on the way is
 * published again (`Flight`).
 */
export class IngestorFlow {
  private readonly leases: LeaseHolder;
  private readonly scans: ScanLoop;
  private readonly watches: WatchLoop;
  private readonly flights: Flight[] = [];
  private readonly cuts = new Map<string, CutLoop>();
  private readonly ending = new AbortController();

  constructor(private readonly parts: FlowParts) {
    const { db, log, plans } = parts;
    const onRegistered = (dataset: string) => this.cuts.get(dataset)?.wake();
    this.leases = new LeaseHolder(db, parts.owner, parts.leases ?? LEASE_LIMITS);
    this.scans = new ScanLoop({ ...parts, leases: this.leases, onRegistered });
    this.watches = new WatchLoop({ ...parts, leases: this.leases, onRegistered });
    const signal = AbortSignal.any([parts.signal, this.ending.signal]);
    const in_flight = parts.in_flight ?? new InFlightBytes(parts.limits.in_flight_bytes);
    for (const plan of new Map([...plans.values()].map((plan) => [plan.name, plan])).values()) {
      const flight = new Flight({ ...parts, in_flight, signal }, plan, (lost) => readAgain(db, lost, log));
      this.flights.push(flight);
      const onSettled = () => this.scans.wake();
      this.cuts.set(plan.name, new CutLoop({ db, log, leases: this.leases, flight, plan, onSettled }));
    }
  }

  /** Works until the signal is aborted, and throws its reason; throws the first failure of Kafka or PostgreSQL. */
  async run(): Promise<never> {
    const signal = AbortSignal.any([this.parts.signal, this.ending.signal]);
    const loops = [this.leases, this.scans, this.watches, ...this.cuts.values()].map((loop) => loop.run(signal));
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
