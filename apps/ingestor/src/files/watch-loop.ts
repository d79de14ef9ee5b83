import { MillraceError } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import { currentPlan, currentPlans, type PlanRegistry, type Plans } from '@millrace/stage';
import type { Logger } from '@millrace/telemetry';
import { listWatches, reportFailure, type Watch } from '../steps/list-watches.js';
import { unknownDataset } from '../steps/pick-scan.js';
import { sealRemoved } from '../steps/seal-sources.js';
import { DirectoryWatch } from './directory-watch.js';
import type { Inspector } from './inspector.js';
import { type LeaseHolder, leaseOf } from './lease-holder.js';
import { Wakeup } from './wakeup.js';

export interface WatchLoopParts {
  db: Database;
  log: Logger;
  leases: LeaseHolder;
  plans: Plans;
  registry?: Pick<PlanRegistry, 'refresh' | 'isOutdated'>;
  inspector: Inspector;
  quiet_ms: number;
  /** Told of a dataset that has sources to be cut. */
  onRegistered: (dataset: string) => void;
}

interface RunningWatch {
  ending: AbortController;
  ended: Promise<void>;
}

const POLL_MS = 500;

/** Runs the watches whose lease this process holds, each beside the others. */
export class WatchLoop {
  private readonly running = new Map<number, RunningWatch>();
  /** Watches of datasets that this process has no config of. */
  private readonly refused = new Set<number>();
  private readonly wakeup = new Wakeup();
  private failure: { error: unknown } | undefined;

  constructor(private readonly parts: WatchLoopParts) {
    parts.leases.onLost((subject) => {
      const [kind, id] = subject.split(':');
      if (kind === 'watch') this.running.get(Number(id))?.ending.abort();
    });
  }

  /** Until the signal is aborted. @throws its reason; the first failure of Kafka or PostgreSQL */
  async run(signal: AbortSignal): Promise<never> {
    try {
      await this.sealRemoved();
      for (;;) {
        if (this.failure) throw this.failure.error;
        await this.turn();
        await this.wakeup.wait(POLL_MS, signal);
      }
    } finally {
      for (const { ending } of this.running.values()) ending.abort();
      await Promise.all([...this.running.values()].map(({ ended }) => ended));
    }
  }

  private async turn(): Promise<void> {
    const { db, leases } = this.parts;
    const watches = await listWatches(db);
    const wanted = watches.filter(({ id }) => !this.running.has(id) && !this.refused.has(id));
    const taken = wanted.length === 0 ? [] : await leases.take(wanted.map(({ id }) => leaseOf.watch(id)));
    for (const watch of wanted) {
      if (taken.includes(leaseOf.watch(watch.id))) await this.begin(watch);
    }
    const removed = [...this.running.keys()].filter((id) => !watches.some((watch) => watch.id === id));
    if (removed.length === 0) return;
    for (const id of removed) await this.end(id);
    await this.sealRemoved();
  }

  private async begin(watch: Watch): Promise<void> {
    const { db, log, leases, plans, inspector, quiet_ms, onRegistered } = this.parts;
    if (!(await this.isKnown(watch))) return;
    const ending = new AbortController();
    const follower = new DirectoryWatch({
      db,
      log,
      plans,
      inspector,
      watch,
      owner: leases.owner,
      quiet_ms,
      onRegistered: () => onRegistered(watch.dataset),
    });
    log.info({ watch: watch.id, dataset: watch.dataset, path: watch.path }, 'watching directory');
    const ended = follower.run(ending.signal).catch((error) => this.hasEnded(watch, ending.signal, error));
    this.running.set(watch.id, { ending, ended });
  }

  private async isKnown(watch: Watch): Promise<boolean> {
    const { plans, registry } = this.parts;
    if (currentPlan(plans, watch.dataset)) return true;
    await registry?.refresh();
    // The process that is started next watches it.
    if (!registry?.isOutdated) await this.refuse(watch);
    return false;
  }

  private hasEnded(watch: Watch, { aborted }: AbortSignal, error: unknown): void {
    this.running.delete(watch.id);
    const isLost = error instanceof MillraceError && error.code === 'LEASE_LOST';
    if (!aborted && !isLost) this.failure ??= { error };
    this.wakeup.wake();
  }

  private async end(id: number): Promise<void> {
    const watch = this.running.get(id);
    watch?.ending.abort();
    await watch?.ended;
    await this.parts.leases.release([leaseOf.watch(id)]);
  }

  private async refuse(watch: Watch): Promise<void> {
    const { db, log, leases } = this.parts;
    this.refused.add(watch.id);
    const error = unknownDataset(watch.dataset);
    log.error({ watch: watch.id, path: watch.path, err: error }, 'directory is not watched');
    await reportFailure(db, watch, error);
    await leases.release([leaseOf.watch(watch.id)]);
  }

  private async sealRemoved(): Promise<void> {
    if (!(await sealRemoved(this.parts.db))) return;
    for (const name of currentPlans(this.parts.plans).keys()) this.parts.onRegistered(name);
  }
}
