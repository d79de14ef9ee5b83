import type { DatasetPlan } from '@millrace/dataset';
import type { Database } from '@millrace/postgres';
import { currentPlan, type PlanRegistry, type Plans } from '@millrace/stage';
import { faultPoint, type Logger } from '@millrace/telemetry';
import type { Flight } from '../flight.js';
import type { MemoryPressure } from '../memory-pressure.js';
import type { PauseWatch } from '../pause-watch.js';
import { logCuts, logLoaded } from '../scan-log.js';
import { groupCuts } from '../steps/group-cuts.js';
import { type ClaimedSource, findWork, openSources } from '../steps/open-sources.js';
import { ReadAhead } from '../steps/read-ahead.js';
import { type PackedStep, recordCuts, sourceOf } from '../steps/record-cuts.js';
import { pendingChunks, readAgain } from '../steps/recorded-chunks.js';
import { settleSources } from '../steps/settle-sources.js';
import { ContentChecks } from './content-checks.js';
import { cutClaimed } from './cut-claimed.js';
import { decideSources } from './decide-sources.js';
import { type Held, HeldSources } from './held-sources.js';
import type { Inspector } from './inspector.js';
import type { LeaseHolder } from './lease-holder.js';
import { runTogether } from './run-together.js';
import { Wakeup } from './wakeup.js';

export interface CutParts {
  db: Database;
  log: Logger;
  leases: LeaseHolder;
  flight: Flight;
  /** Whose sources it cuts, each under the plan that is current when its turn comes. */
  dataset: string;
  plans: Plans;
  registry?: Pick<PlanRegistry, 'ask' | 'refresh'>;
  inspector: Inspector;
  pressure: MemoryPressure;
  /** The contract version in which chunks are packed; default: the newest. */
  contract?: number;
  /** Of a paused dataset nothing is cut; without it none is. */
  pauses?: Pick<PauseWatch, 'isPaused'>;
  /** Told of sources that have nothing left to be done. */
  onSettled: () => void;
}

/** Claimed at a time: not so much that nothing is left for the others. */
const BATCH = { sources: 64, size_bytes: 8 * 1024 * 1024 };
/** With the ones that wait for outcomes. */
const HELD_SOURCES = 1024;
/** Work that another process found: what this one finds wakes it. */
const POLL_MS = 500;
/** Many small files are settled together: when there are so many of them, or the first one has waited for so long. */
const SETTLE_SOURCES = 128;
const SETTLE_MS = 200;
/** Until a source is tried again whose file is not where it was. */
const LATER_MS = 250;

/**
 * Brings a dataset's sources to Kafka, those that this process can lease: claim -> publish what a crash left recorded ->
 * cut -> record -> publish -> settle once every chunk is resolved. Every step that must survive a crash is in PostgreSQL
 * before the next one begins, so whoever takes a source over goes on with the same bytes.
 */
export class CutLoop {
  private readonly held: HeldSources;
  private readonly checks: ContentChecks;
  private readonly work = new Wakeup();
  private readonly outcome = new Wakeup();
  private readonly ending = new AbortController();
  private readonly ahead = new ReadAhead();

  constructor(private readonly parts: CutParts) {
    const { db, leases, flight } = parts;
    this.held = new HeldSources(leases, flight);
    this.checks = new ContentChecks(
      db,
      (source) => this.hasBeenChecked(source),
      (error) => this.ending.abort(error),
    );
    flight.onOutcome(() => this.outcome.wake());
  }

  /** There may be something to cut. */
  wake(): void {
    this.work.wake();
  }

  /** Until the signal is aborted. @throws its reason; the first failure of Kafka or PostgreSQL */
  async run(signal: AbortSignal): Promise<never> {
    const both = AbortSignal.any([signal, this.ending.signal]);
    return runTogether(this.ending, [this.cutAll(both), this.settleAll(both)]).finally(() => this.checks.close());
  }

  private async cutAll(signal: AbortSignal): Promise<never> {
    const { log, dataset } = this.parts;
    const isSealed = (source: number) => this.held.get(source)?.claimed.sealed ?? true;
    for (;;) {
      // Groups go over several batches: many small files are many batches, and few transactions.
      for await (const group of groupCuts(logCuts(log, dataset, this.cuts(signal), isSealed))) await this.bring(group);
      if (this.held.size === 0) this.ahead.release();
      await this.work.wait(POLL_MS, signal);
    }
  }

  private async *cuts(signal: AbortSignal): AsyncGenerator<PackedStep> {
    for (;;) {
      signal.throwIfAborted();
      if (this.isDatasetPaused) return;
      const sources = await this.claim();
      if (sources.length === 0) return;
      await this.checks.prepare(sources.filter(({ sealed, was_live }) => sealed && was_live));
      for (const source of sources) {
        const held = this.held.get(source.id);
        if (!held) continue;
        yield* this.cut(held);
      }
    }
  }

  private async *cut(held: Held): AsyncGenerator<PackedStep> {
    const { claimed } = held;
    if (this.isDatasetPaused) return this.pause(held);
    const plan = currentPlan(this.parts.plans, this.parts.dataset) as DatasetPlan;
    const reading = { ahead: this.ahead, contract: this.parts.contract };
    const chunk_bytes = this.parts.pressure.chunkBytes(plan, claimed.chunk_bytes);
    for await (const step of cutClaimed({ ...claimed, chunk_bytes }, plan.fingerprint, this.checks, reading)) {
      held.unwritten++;
      yield step;
      if (this.held.get(claimed.id) !== held) return;
      if (this.isDatasetPaused) break;
    }
    if (held.unwritten === 0) this.pause(held);
    else held.is_paused = true;
  }

  private get isDatasetPaused(): boolean {
    return this.parts.pauses?.isPaused(this.parts.dataset) ?? false;
  }

  /** No step of the source is to come for now, and all are written down. */
  private pause(held: Held): void {
    if (held.stage !== 'busy' || this.checks.isUnderWay(held.claimed.id)) return;
    held.stage = 'waits';
    held.is_sliced = true;
    this.wake();
  }

  /** @returns the sources to be cut; what else has to be done with the claimed ones is done */
  private async claim(): Promise<ClaimedSource[]> {
    const { db, leases, dataset } = this.parts;
    if (this.held.size >= HELD_SOURCES) return [];
    const { waiting, later } = this.held.numbers();
    const ids = await findWork(db, dataset, leases.owner, waiting, later, BATCH);
    if (ids.length === 0) return [];
    const sources = await this.held.take(ids, (taken) => openSources(db, taken));
    await this.recover(sources.filter(({ id }) => !this.held.get(id)?.is_sliced).map(({ id }) => id));
    const due = sources.filter(({ id, state, sealed, compression }) => {
      const held = this.held.get(id);
      const isToCut = state === 'registered' && (sealed || compression === null);
      if (held && !isToCut) this.hasBeenRead(held);
      return held && isToCut;
    });
    return this.decided(due);
  }

  /** The same sources, with what is decided about them. */
  private async decided(due: ClaimedSource[]): Promise<ClaimedSource[]> {
    const { decided, refused } = await decideSources(this.parts, due);
    for (const claimed of decided) {
      const held = this.held.get(claimed.id);
      if (held) held.claimed = claimed;
    }
    await this.held.letGo(refused, 0);
    if (refused.length > 0) this.parts.onSettled();
    return decided;
  }

  /** What an earlier owner left behind comes first: it is recorded, so it must be published as it is. */
  private async recover(ids: number[]): Promise<void> {
    const { db, flight, log } = this.parts;
    if (ids.length === 0) return;
    const { unresolved, unpublished } = await pendingChunks(db, ids);
    flight.watch(unresolved);
    const unread = new Set<number>();
    const wanted = unpublished.filter((row) => !flight.has(row));
    for await (const chunk of readAgain(db, wanted, log, unread)) await flight.publish([chunk]);
    await this.held.letGo([...unread], LATER_MS);
  }

  private async bring(group: PackedStep[]): Promise<void> {
    const { db, flight, dataset, registry } = this.parts;
    const strangers = [...new Set(group.map(sourceOf))].filter((id) => !this.held.isOwn(id));
    await this.held.lose(strangers);
    const steps = strangers.length === 0 ? group : group.filter((step) => !strangers.includes(sourceOf(step)));
    if (steps.length === 0) return;
    const { chunks, lost, is_replaced } = await recordCuts(db, dataset, steps, this.held.claimed());
    faultPoint('ingestor.after_record');
    await this.held.lose(lost);
    // Claimed again, they are cut under the version that took its place.
    if (is_replaced) await registry?.refresh();
    for (const { row } of chunks) this.held.get(row.source)?.count(row);
    await flight.publish(chunks);
    await this.end(steps.filter((step) => step.kind === 'end' && this.held.get(step.source)));
    for (const step of steps) {
      const held = this.held.get(sourceOf(step));
      if (held && --held.unwritten === 0 && held.is_paused) this.pause(held);
    }
  }

  private async end(ends: PackedStep[]): Promise<void> {
    const isLater = (step: PackedStep) => step.kind === 'end' && step.state === 'registered';
    await this.held.letGo(ends.filter(isLater).map(sourceOf), LATER_MS);
    for (const end of ends) {
      const held = this.held.get(sourceOf(end));
      if (held) this.hasBeenRead(held);
    }
  }

  private hasBeenChecked(source: number): void {
    const held = this.held.get(source);
    if (held?.unwritten === 0) this.pause(held);
  }

  private hasBeenRead(held: Held): void {
    held.stage = 'read';
    this.outcome.wake();
  }

  private async settleAll(signal: AbortSignal): Promise<never> {
    for (let waits_since = Infinity; ; ) {
      const due = this.held.all().filter((held) => held.stage === 'read' && this.parts.flight.isClear(held.claimed.id));
      if (due.length > 0) waits_since = Math.min(waits_since, performance.now());
      const isTime = performance.now() - waits_since >= SETTLE_MS;
      if (due.length > 0 && (isTime || due.length >= SETTLE_SOURCES || due.length === this.held.size)) {
        await this.settle(due);
        waits_since = Infinity;
      }
      await this.outcome.wait(due.length > 0 ? SETTLE_MS : POLL_MS, signal);
    }
  }

  private async settle(due: Held[]): Promise<void> {
    const { db, log, onSettled } = this.parts;
    const settled = await settleSources(
      db,
      due.map(({ claimed, last, load }) => ({ source: claimed.id, last, load: claimed.sealed ? load : null })),
    );
    logLoaded(
      log,
      due.filter(({ claimed }) => settled.includes(claimed.id)),
    );
    const wasFull = this.held.size >= HELD_SOURCES;
    // What was not settled has more to be cut, or another owner: claimed anew, it shows.
    await this.held.end(due);
    if (settled.length > 0) onSettled();
    if (settled.length < due.length || wasFull) this.wake();
  }
}
