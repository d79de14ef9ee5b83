import type { Flight } from '../flight.js';
import type { ChunkRow } from '../steps/chunk-row.js';
import type { ClaimedSource } from '../steps/open-sources.js';
import { type LeaseHolder, leaseOf } from './lease-holder.js';

/** How long a file takes from its first claim until all of it is in the table, and what was cut of it meanwhile. */
export interface Load {
  seconds: number;
  rows: number;
  bytes: number;
}

/** A source that this process has leased, and what it is at with it. */
export class Held {
  /**
   * busy: being read, verified or written down. waits: to be claimed again for what is left of it. read: it only waits for
   * outcomes, and is claimed again when there is more to be cut.
   */
  stage: 'busy' | 'waits' | 'read' = 'busy';
  /** Steps that were cut and are not written down. */
  unwritten = 0;
  /** No more is to be cut for now: it waits as soon as all steps are written down. */
  is_paused = false;
  /** Its last recorded chunk; -1 for none. */
  last: number;
  /** Only a slice of it was cut: nothing of it is anybody else's. */
  is_sliced: boolean;
  private readonly began_at: number;
  private rows: number;
  private bytes: number;

  /** @param before as it was held until now, with more to be cut */
  constructor(
    public claimed: ClaimedSource,
    before?: Held,
  ) {
    this.last = claimed.last?.chunk ?? -1;
    this.is_sliced = before?.is_sliced ?? false;
    this.began_at = before?.began_at ?? performance.now();
    this.rows = before?.rows ?? 0;
    this.bytes = before?.bytes ?? 0;
  }

  get load(): Load {
    const seconds = Math.round(performance.now() - this.began_at) / 1000;
    return { seconds, rows: this.rows, bytes: this.bytes };
  }

  /** A chunk of it was written down. */
  count({ chunk, records, byte_start, byte_end }: ChunkRow): void {
    this.last = chunk;
    this.rows += records;
    this.bytes += byte_end - byte_start;
  }
}

/** The sources that this process has leased, and what it is at with each. */
export class HeldSources {
  private readonly held = new Map<number, Held>();
  /** Not to be taken again before, by the process's clock. */
  private readonly later = new Map<number, number>();

  constructor(
    private readonly leases: LeaseHolder,
    private readonly flight: Flight,
  ) {
    leases.onLost((subject) => {
      const [kind, id] = subject.split(':');
      if (kind === 'source' && this.held.delete(Number(id))) flight.forget(Number(id));
    });
  }

  get size(): number {
    return this.held.size;
  }

  get(source: number): Held | undefined {
    return this.held.get(source);
  }

  all(): Held[] {
    return [...this.held.values()];
  }

  claimed(): Map<number, ClaimedSource> {
    return new Map([...this.held].map(([id, { claimed }]) => [id, claimed]));
  }

  /** Whether the source is still this process's, as far as its clock tells. */
  isOwn(source: number): boolean {
    return this.held.has(source) && this.leases.holds(leaseOf.source(source));
  }

  /** What to ask for work with: sources held that may have more to be cut, and those that must not be taken now. */
  numbers(): { waiting: number[]; later: number[] } {
    const now = performance.now();
    for (const [id, until] of this.later) if (until <= now) this.later.delete(id);
    const idsOf = (isWanted: (held: Held) => boolean) =>
      this.all()
        .filter(isWanted)
        .map(({ claimed }) => claimed.id);
    return {
      waiting: idsOf(({ stage }) => stage !== 'busy'),
      later: [...this.later.keys(), ...idsOf(({ stage }) => stage === 'busy')],
    };
  }

  /** Leases sources, and holds those that `open` gives as they are then. */
  async take(ids: number[], open: (ids: number[]) => Promise<ClaimedSource[]>): Promise<ClaimedSource[]> {
    const subjects = new Set(await this.leases.take(ids.map(leaseOf.source)));
    const taken = ids.filter((id) => subjects.has(leaseOf.source(id)));
    const sources = await open(taken);
    for (const claimed of sources) this.held.set(claimed.id, new Held(claimed, this.held.get(claimed.id)));
    const opened = new Set(sources.map(({ id }) => id));
    await this.letGo(
      taken.filter((id) => !opened.has(id)),
      0,
    );
    return sources;
  }

  /** Gives sources back for a while. Their chunks that are on their way stay this process's care. */
  async letGo(ids: number[], later_ms: number): Promise<void> {
    if (ids.length === 0) return;
    for (const id of ids) {
      this.held.delete(id);
      if (later_ms > 0) this.later.set(id, performance.now() + later_ms);
    }
    await this.leases.release(ids.map(leaseOf.source));
  }

  /** Another one is at these. */
  async lose(ids: number[]): Promise<void> {
    for (const id of ids) this.flight.forget(id);
    await this.letGo(ids, 0);
  }

  /** Gives back what is done with, unless it was taken anew meanwhile. */
  async end(done: Held[]): Promise<void> {
    const ids = done.filter((held) => this.held.get(held.claimed.id) === held).map(({ claimed }) => claimed.id);
    await this.letGo(ids, 0);
  }
}
