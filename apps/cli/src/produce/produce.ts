import { setTimeout as sleep } from 'node:timers/promises';
import { Schedule, type ScheduleOptions } from './schedule.js';

/** What became of what was sent. */
export interface SendCounts {
  /** Requests or messages that count, each once. */
  requests: number;
  /** Sent again because no answer came, or a failure of the server. */
  repeats: number;
  /** Answers that asked to come later (429, 503). */
  refusals: number;
}

/** Takes rows of its producer and gives them away. */
export interface RowSender {
  readonly counts: SendCounts;
  /** Takes so many rows at once, in order; resolves when each of them counts exactly once. @throws when that cannot be */
  send(rows: number): Promise<void>;
  close(): Promise<void>;
}

export interface ProduceOptions extends ScheduleOptions {
  sender: RowSender;
  /** Rows of one request. */
  batch_rows: number;
  /** Requests under way at once, at most. */
  in_flight: number;
  /** Ends the flow in good order: what is under way is still brought to its end. */
  signal?: AbortSignal;
  progress?: (summary: ProduceSummary) => void;
}

export interface ProduceSummary extends SendCounts {
  /** Rows that count. */
  rows: number;
  seconds: number;
  rows_per_second: number;
}

const TICK_MS = 5;
const PROGRESS_MS = 1000;

/** Sends rows at a steady pace. @returns once everything that was taken counts @throws what a sender throws */
export async function produce(options: ProduceOptions): Promise<ProduceSummary> {
  const { sender, batch_rows, in_flight, signal, progress } = options;
  const schedule = new Schedule(options);
  const under_way = new Set<Promise<void>>();
  const started_at = performance.now();
  const state = { taken: 0, done: 0, failure: undefined as { error: unknown } | undefined };
  const summary = () => summarize(state.done, performance.now() - started_at, sender.counts);

  const send = (rows: number) => {
    state.taken += rows;
    const sent = sender.send(rows).then(
      () => {
        state.done += rows;
      },
      (error) => {
        state.failure ??= { error };
      },
    );
    under_way.add(sent);
    void sent.finally(() => under_way.delete(sent));
  };

  let told_at = started_at;
  for (;;) {
    const elapsed_ms = performance.now() - started_at;
    const over = schedule.isOver(elapsed_ms, state.taken) || signal?.aborted === true;
    if (over || state.failure) break;
    const due = schedule.due(elapsed_ms);
    const last = due >= (options.rows ?? Number.POSITIVE_INFINITY);
    while (under_way.size < in_flight && due - state.taken >= (last ? 1 : batch_rows)) {
      send(Math.min(batch_rows, due - state.taken));
    }
    if (progress && performance.now() - told_at >= PROGRESS_MS) {
      told_at = performance.now();
      progress(summary());
    }
    await sleep(TICK_MS);
  }
  // What was due in time and made no full request. A flow that could not keep up leaves what is late.
  const ends_early = signal?.aborted === true || state.failure !== undefined;
  for (
    let rest = schedule.rest(state.taken);
    !ends_early && rest > 0 && under_way.size < in_flight;
    rest -= batch_rows
  ) {
    send(Math.min(batch_rows, rest));
  }
  await Promise.all(under_way);
  if (state.failure) throw state.failure.error;
  return summary();
}

function summarize(rows: number, elapsed_ms: number, counts: SendCounts): ProduceSummary {
  const seconds = elapsed_ms / 1000;
  return {
    rows,
    ...counts,
    seconds: Math.round(seconds * 1000) / 1000,
    rows_per_second: seconds > 0 ? Math.round(rows / seconds) : 0,
  };
}
