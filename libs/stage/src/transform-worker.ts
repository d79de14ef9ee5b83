import { setImmediate } from 'node:timers/promises';
import { ARRIVED_HEADER, MillraceError, parseTopic } from '@millrace/contracts';
import type { Publisher } from '@millrace/kafka';
import { faultPoint, type Logger, metrics } from '@millrace/telemetry';
import { type Attempt, attemptTwice } from './attempt.js';
import type { MissingPlans } from './missing-plans.js';
import { setAsideOutput } from './set-aside.js';
import type { Outcome, Output, StageMessage, TransformFlow } from './stage.js';
import type { Work, Worker, WorkerEvents } from './worker.js';

/** Transforms one message at a time; while it is being acknowledged, the next ones are transformed. */
export class TransformWorker implements Worker {
  readonly below = 'drop';
  private readonly queue: Work[] = [];
  private running = false;
  private readonly delivering = new Set<Promise<void>>();

  constructor(
    private readonly stage: string,
    private readonly flow: TransformFlow,
    private readonly publisher: Pick<Publisher, 'publish'>,
    private readonly logger: Logger,
    private readonly events: WorkerEvents,
    private readonly plans?: Pick<MissingPlans, 'lookFor'>,
  ) {}

  take(work: Work): void {
    this.queue.push(work);
    if (!this.running) this.run().catch((error) => this.events.failed(error));
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let work = this.queue.shift(); work; work = this.queue.shift()) {
      // Lets sockets and heartbeats in between: a transform keeps the thread for milliseconds.
      await setImmediate();
      if (work.taken.progress.abandoned) {
        this.events.finished(work);
        continue;
      }
      const lacking = await this.lookForPlan(work.message);
      const started = performance.now();
      const attempt = await attemptTwice(() => this.transform((work as Work).message));
      // Only where the flow wants the plan: what it passes over needs none.
      if (lacking && 'refused' in attempt && attempt.refused.code === 'PLAN_UNKNOWN') throw lacking.reason;
      const delivery = this.deliver(work, attempt, started)
        .catch((error) => this.events.failed(error))
        .finally(() => this.delivering.delete(delivery));
      this.delivering.add(delivery);
    }
    this.running = false;
  }

  async settled(): Promise<void> {
    await Promise.all(this.delivering);
  }

  /** @returns why it is not known whether there is such a plan, or who else knows it */
  private async lookForPlan(message: StageMessage): Promise<PromiseRejectedResult | undefined> {
    const [looked] = await Promise.allSettled([this.plans?.lookFor([message])]);
    return looked.status === 'rejected' ? looked : undefined;
  }

  private transform(message: StageMessage): Outcome | Promise<Outcome> {
    if (message.value === null) throw new MillraceError('MESSAGE_GARBAGE', 'message without a value');
    return this.flow.transform(message);
  }

  private async deliver(work: Work, attempt: Attempt<Outcome>, started: number): Promise<void> {
    const { stage } = this;
    faultPoint(`${stage}.before_ack`);
    const outcome =
      'refused' in attempt ? await this.setAside(work, attempt.refused) : await this.publish(work, attempt.value);
    faultPoint(`${stage}.after_ack`);
    const written_bytes = outcome.outputs.reduce((sum, output) => sum + output.value.length, 0);
    metrics.bytes.inc({ stage, direction: 'in' }, work.taken.size_bytes);
    metrics.bytes.inc({ stage, direction: 'out' }, written_bytes);
    const { topic, partition, offset } = work.message;
    metrics.messages.inc({ stage, topic });
    const dataset = parseTopic(topic)?.dataset ?? topic;
    for (const [name, count] of Object.entries(outcome.counts)) {
      metrics.rows.inc({ dataset, stage, outcome: name }, count);
    }
    const duration_ms = performance.now() - started;
    metrics.batchSeconds.observe({ stage }, duration_ms / 1000);
    this.logger.debug({ topic, partition, offset: offset.toString(), duration_ms, ...outcome.counts }, 'message done');
    this.events.finished(work);
  }

  private async publish(work: Work, outcome: Outcome): Promise<Outcome> {
    try {
      await this.publisher.publish(withArrival(work.message, outcome.outputs));
      return outcome;
    } catch (error) {
      // The same bytes would give the same outputs again.
      if (error instanceof MillraceError && error.code === 'MESSAGE_TOO_LARGE') return this.setAside(work, error);
      throw error;
    }
  }

  private async setAside({ message }: Work, refusal: MillraceError): Promise<Outcome> {
    const output = setAsideOutput(this.stage, message, refusal);
    await this.publisher.publish([output]);
    metrics.setAside.inc({ stage: this.stage, code: refusal.code });
    const { topic, partition, offset } = message;
    const place = { topic, partition, offset: offset.toString() };
    this.logger.error({ ...place, code: refusal.code, err: refusal }, 'message set aside');
    return { outputs: [output], counts: {} };
  }
}

/** When the data came travels beside the bytes, which must be the same whenever they are made. */
function withArrival({ headers }: StageMessage, outputs: Output[]): Output[] {
  const arrived = headers[ARRIVED_HEADER];
  if (!arrived) return outputs;
  return outputs.map((output) => ({ ...output, headers: { ...output.headers, [ARRIVED_HEADER]: arrived } }));
}
