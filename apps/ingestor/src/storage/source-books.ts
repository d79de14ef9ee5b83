import type { AuditedChunks, AuditPlace } from '@millrace/postgres';

export type BooksState = 'open' | 'balanced' | 'unbalanced';

/** What a dataset's books come to. */
export interface BooksTotals extends Record<BooksState, number> {
  unresolved_chunks: number;
  /** When the last chunk of each kind of source went out, in Unix time. */
  last_data_s: Map<string, number>;
}

const BOOKS_STATES = ['open', 'balanced', 'unbalanced'] as const;
/** Byte a source: its state plus one, 0 for a number that is nobody's; and whether it was looked at, and may change by itself. */
const STATE = 0b11;
const SEEN = 0b100;
const FINAL = 0b1000;

/** What is known of a source's chunks so far. */
interface Progress {
  /** Resolved are all before this one. */
  from_chunk: number;
  unbalanced: boolean;
  /** Of the walk under way, and of the last one that came to the end. */
  walked: { next: number; unresolved: number; first_unresolved: number | null };
  unresolved: number;
}

/**
 * The books of all sources in a byte or two each, kept up by looking at what may have changed only: chunks behind the last one
 * known to be resolved, of sources that are not finished. Finished ones are looked at again in a slow round, as only a fault
 * changes them.
 */
export class SourceBooks {
  /** One behind the highest number known. */
  next = 0;
  /** How many are known. */
  count = 0;
  private bytes = new Uint8Array(1024);
  private datasets = new Uint16Array(1024);
  private readonly names: string[] = [];
  private readonly progress = new Map<number, Progress>();
  private readonly last_data_s = new Map<string, Map<string, number>>();
  private queue: number[] = [];
  private at = 0;
  private round_at = 0;
  private complete = false;

  /** Whether each source was looked at once: totals before that are not the truth. */
  get isComplete(): boolean {
    return this.complete;
  }

  /** Whether this turn's sources are not all looked at yet. */
  get isBehind(): boolean {
    return this.at < this.queue.length;
  }

  add(dataset: string, sources: readonly number[]): void {
    let index = this.names.indexOf(dataset);
    if (index < 0) index = this.names.push(dataset) - 1;
    for (const source of sources) {
      this.reserve(source);
      this.bytes[source] = 1 + BOOKS_STATES.indexOf('open');
      this.datasets[source] = index;
      this.next = Math.max(this.next, source + 1);
      this.count++;
    }
  }

  /** Sources that may change though they were finished before: a watched file that grew. */
  reopen(sources: readonly number[]): void {
    for (const source of sources) if (source < this.next) this.bytes[source] &= ~FINAL;
  }

  /** Begins a turn: all that may change, and `again` of those that should not. Nothing while one is under way. */
  begin(again: number): void {
    if (this.isBehind) return;
    this.at = 0;
    this.queue = [];
    for (let source = 0; source < this.next; source++) {
      if (this.bytes[source] !== 0 && !(this.bytes[source] & FINAL)) this.queue.push(source);
    }
    this.lookAgain(again);
    if (!this.isBehind) this.complete = true;
  }

  /** Where to go on, at most `limit` places; none when the turn is done. */
  due(limit: number): AuditPlace[] {
    const sources = this.queue.slice(this.at, this.at + limit);
    return sources.map((source) => ({ source, from_chunk: this.progress.get(source)?.walked.next ?? 0 }));
  }

  /** Takes in what was seen at the places last given. @param chunks_limit how many chunks of each were asked for */
  apply(places: readonly AuditPlace[], seen: readonly AuditedChunks[], chunks_limit: number): void {
    const found = new Map(seen.map((audited) => [audited.source, audited]));
    const unfinished: number[] = [];
    for (const { source } of places) {
      const audited = found.get(source);
      if (!audited) this.forget(source);
      else if (!this.take(audited, chunks_limit)) unfinished.push(source);
    }
    this.at += places.length;
    // A long one goes on behind the others.
    this.queue.push(...unfinished);
    if (!this.isBehind) this.complete = true;
  }

  /** By dataset; those named are there also without a source. */
  totals(datasets: Iterable<string>): Map<string, BooksTotals> {
    const zero = (name: string): [string, BooksTotals] => {
      const last_data_s = this.last_data_s.get(name) ?? new Map<string, number>();
      return [name, { open: 0, balanced: 0, unbalanced: 0, unresolved_chunks: 0, last_data_s }];
    };
    const totals = new Map([...datasets].map(zero));
    const byIndex = this.names.map((name) => totals.get(name));
    for (let source = 0; source < this.next; source++) {
      const byte = this.bytes[source];
      const total = byIndex[this.datasets[source]];
      if (byte !== 0 && total) total[BOOKS_STATES[(byte & STATE) - 1]]++;
    }
    for (const [source, { unresolved }] of this.progress) {
      const total = byIndex[this.datasets[source]];
      if (total) total.unresolved_chunks += unresolved;
    }
    return totals;
  }

  /** @returns whether this was all there is of it for now */
  private take(audited: AuditedChunks, chunks_limit: number): boolean {
    const { source, chunks, last, unresolved, first_unresolved, published_at_s } = audited;
    if (published_at_s !== null) this.noteData(audited, published_at_s);
    const progress = this.progress.get(source) ?? begun();
    const { walked } = progress;
    progress.unbalanced ||= audited.unbalanced > 0;
    walked.unresolved += unresolved;
    walked.first_unresolved ??= first_unresolved;
    if (last !== null) walked.next = last + 1;
    this.progress.set(source, progress);
    if (chunks >= chunks_limit) return false;
    progress.unresolved = walked.unresolved;
    progress.from_chunk = walked.first_unresolved ?? walked.next;
    progress.walked = { next: progress.from_chunk, unresolved: 0, first_unresolved: null };
    this.conclude(audited, progress);
    return true;
  }

  private conclude({ source, state, settled }: AuditedChunks, progress: Progress): void {
    const { unresolved, unbalanced } = progress;
    const isLost = ['changed', 'vanished', 'failed'].includes(state);
    const isOpen = state === 'registered' || unresolved > 0;
    const books: BooksState = isLost || unbalanced ? 'unbalanced' : isOpen ? 'open' : 'balanced';
    const isFinal = settled && unresolved === 0;
    this.bytes[source] = (1 + BOOKS_STATES.indexOf(books)) | SEEN | (isFinal ? FINAL : 0);
    // A byte is all that is kept of a finished one, and of one that has not begun.
    if (isFinal || (progress.from_chunk === 0 && unresolved === 0)) this.progress.delete(source);
  }

  /** The next ones of the round, from their first chunk on; until that is done they count as before. */
  private lookAgain(limit: number): void {
    for (let looked = 0, left = limit; looked < this.next && left > 0; looked++) {
      if (this.round_at >= this.next) this.round_at = 0;
      const source = this.round_at++;
      if (!(this.bytes[source] & SEEN)) continue;
      left--;
      if (this.bytes[source] & FINAL) this.queue.push(source);
      const unresolved = this.progress.get(source)?.unresolved ?? 0;
      this.progress.set(source, { ...begun(), unresolved });
    }
  }

  private noteData({ source, kind }: AuditedChunks, at_s: number): void {
    const dataset = this.names[this.datasets[source]];
    const kinds = this.last_data_s.get(dataset) ?? new Map<string, number>();
    this.last_data_s.set(dataset, kinds);
    kinds.set(kind, Math.max(at_s, kinds.get(kind) ?? 0));
  }

  private forget(source: number): void {
    if (this.bytes[source] === 0) return;
    this.bytes[source] = 0;
    this.count--;
    this.progress.delete(source);
  }

  private reserve(source: number): void {
    if (source < this.bytes.length) return;
    const size = Math.max(source + 1, this.bytes.length * 2);
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes);
    const datasets = new Uint16Array(size);
    datasets.set(this.datasets);
    Object.assign(this, { bytes, datasets });
  }
}

const begun = (): Progress => ({
  from_chunk: 0,
  unbalanced: false,
  walked: { next: 0, unresolved: 0, first_unresolved: null },
  unresolved: 0,
});
