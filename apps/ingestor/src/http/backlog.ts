import { DrainRate, RETRY_AFTER_S } from './drain-rate.js';
import { HttpProblem } from './problem.js';

export interface BacklogBounds {
  /** Of what was taken in and is not applied, together with what is being read. */
  size_bytes: number;
  /** Of what was taken in and is not applied. */
  requests: number;
  /** Of the bodies of requests that are being read, packed or sent. */
  in_hand_bytes: number;
}

/** Bounds of the backlog and of the memory that requests take; see docs/http.md for what that comes to. */
export const MAX_BACKLOG_REQUESTS = 100_000;
export const IN_HAND_BODIES = 8;
/** What a request counts for besides its body: it bounds how many small ones are in hand at once. */
export const REQUEST_BYTES = 4096;

/** Where a request's message lies in the inbox. */
export interface InboxPlace {
  source: number;
  topic_id: string;
  partition: number;
  offset: bigint;
}

/** Of an inbox source, the first offset that is not applied. */
export interface Applied extends InboxPlace {}

interface Waiting {
  topic_id: string;
  partition: number;
  offset: bigint;
  size_bytes: number;
}

/** What one request counts for. The first of `accepted` and `release` ends it; what comes later does nothing. */
export interface Hold {
  /** The body's size is known now. */
  resize(body_bytes: number): void;
  /** It is acknowledged: it counts until it is applied. */
  accepted(place: InboxPlace): void;
  release(): void;
}

/** What waits of one dataset, by source in the order of offsets. */
interface Shelf {
  queues: Map<number, Waiting[]>;
  size_bytes: number;
}

/**
 * What this instance took in and is not applied yet, in bytes and requests; with it the bytes of requests in hand.
 * A request is admitted before its body is read, for as many bytes as it may have.
 */
export class Backlog {
  private readonly shelves = new Map<string, Shelf>();
  private readonly rate: DrainRate;
  private size_bytes = 0;
  private requests = 0;
  private in_hand = { bytes: 0, requests: 0 };

  constructor(
    private readonly bounds: BacklogBounds,
    now: () => number = Date.now,
  ) {
    this.rate = new DrainRate(now);
  }

  /** Datasets that wait for something. */
  get datasets(): string[] {
    return [...this.shelves.keys()];
  }

  /** Bytes of a dataset that are taken in and not applied. */
  bytesOf(dataset: string): number {
    return this.shelves.get(dataset)?.size_bytes ?? 0;
  }

  /** @param body_bytes as many as it may have @throws HttpProblem BACKLOG_FULL with Retry-After */
  admit(dataset: string, body_bytes: number): Hold {
    const excess_bytes = this.size_bytes + body_bytes - this.bounds.size_bytes;
    if (excess_bytes > 0) throw full('bytes of this server wait to be applied', this.rate.secondsFor(excess_bytes));
    if (this.requests >= this.bounds.requests) {
      throw full('requests of this server wait to be applied', this.rate.secondsFor(this.size_bytes / this.requests));
    }
    const { bytes, requests } = this.in_hand;
    const cost_bytes = bytes + body_bytes + (requests + 1) * REQUEST_BYTES;
    const isOver = this.size_bytes + bytes + body_bytes > this.bounds.size_bytes;
    if (isOver || (requests > 0 && cost_bytes > this.bounds.in_hand_bytes)) {
      throw full('requests are being read', RETRY_AFTER_S.min);
    }
    return this.hold(dataset, body_bytes);
  }

  private hold(dataset: string, body_bytes: number): Hold {
    const { in_hand } = this;
    let held_bytes = body_bytes;
    let isHeld = true;
    in_hand.requests++;
    in_hand.bytes += held_bytes;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      in_hand.requests--;
      in_hand.bytes -= held_bytes;
    };
    return {
      release,
      resize: (size_bytes) => {
        if (!isHeld) return;
        in_hand.bytes += size_bytes - held_bytes;
        held_bytes = size_bytes;
      },
      accepted: (place) => {
        if (isHeld) this.push(dataset, place, held_bytes);
        release();
      },
    };
  }

  /** Takes out what is applied, and what can never be, because its topic was made anew. */
  drain(dataset: string, applied: readonly Applied[]): void {
    const shelf = this.shelves.get(dataset);
    if (!shelf) return;
    const before_bytes = shelf.size_bytes;
    for (const [source, queue] of shelf.queues) {
      const newest = newestOf(applied, queue[0].partition);
      const isLost = newest !== undefined && newest.topic_id !== queue[0].topic_id;
      const first = applied.find((item) => item.source === source)?.offset ?? 0n;
      const left = isLost ? [] : queue.filter(({ offset }) => offset >= first);
      shelf.size_bytes += sizeOf(left) - sizeOf(queue);
      this.requests += left.length - queue.length;
      if (left.length > 0) shelf.queues.set(source, left);
      else shelf.queues.delete(source);
    }
    const drained_bytes = before_bytes - shelf.size_bytes;
    this.size_bytes -= drained_bytes;
    this.rate.measure(drained_bytes);
    if (shelf.queues.size === 0) this.shelves.delete(dataset);
  }

  private push(dataset: string, { source, offset, partition, topic_id }: InboxPlace, size_bytes: number): void {
    if (this.requests === 0) this.rate.resume();
    const shelf = this.shelves.get(dataset) ?? { queues: new Map<number, Waiting[]>(), size_bytes: 0 };
    this.shelves.set(dataset, shelf);
    const queue = shelf.queues.get(source) ?? [];
    shelf.queues.set(source, queue);
    queue.push({ topic_id, partition, offset, size_bytes });
    shelf.size_bytes += size_bytes;
    this.size_bytes += size_bytes;
    this.requests++;
  }
}

const sizeOf = (queue: readonly Waiting[]): number => queue.reduce((sum, { size_bytes }) => sum + size_bytes, 0);

/** The source of a partition that is written now: numbers are given in order. */
export function newestOf(applied: readonly Applied[], partition: number): Applied | undefined {
  return applied
    .filter((item) => item.partition === partition)
    .reduce<Applied | undefined>((best, item) => (best && best.source > item.source ? best : item), undefined);
}

/** @param what there is too much of @param seconds until a repeat makes sense */
export function full(what: string, seconds: number): HttpProblem {
  return new HttpProblem('BACKLOG_FULL', `Too many ${what}: repeat the request in ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  });
}
