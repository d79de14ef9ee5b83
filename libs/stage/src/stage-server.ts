import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, MillraceError, topicName } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { GroupConsumer, KafkaClient, Publisher } from '@millrace/kafka';
import { beginCounters, type Logger, metrics } from '@millrace/telemetry';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { ApplyWorker } from './apply-worker.js';
import { Assignment } from './assignment.js';
import { Committer } from './committer.js';
import { Intake } from './intake.js';
import { LagWatch } from './lag-watch.js';
import { type AskedPlans, MissingPlans } from './missing-plans.js';
import { APPLY_LIMITS, type Flow, type StageOptions, TRANSFORM_LIMITS } from './stage.js';
import { TransformWorker } from './transform-worker.js';
import { Window } from './window.js';
import type { Work, Worker, WorkerEvents } from './worker.js';

export interface StageServerOptions extends StageOptions {
  /** Of the datasets that are read; versions may come while it runs. */
  plans: ReadonlyMap<string, DatasetPlan>;
  /** Asked for plans of messages that are not among these. */
  registry?: AskedPlans;
  stall_ms: number;
  trim: boolean;
  /** Where this instance remembers which member it is; without it a killed one is waited for until its session ends. */
  membership_file?: string;
}

/** How long a drain may take, unless said otherwise, before what is in flight is left to be done again. */
const DRAIN_MS = 8000;
/** The same where an instance of another release has to go on. */
const GIVE_UP_MS = 1000;
/** Errors for which the partitions shall pass to another instance, while what was done before them stays done. */
const FOR_ANOTHER_RELEASE = ['CONTRACT_NEWER', 'PLAN_SEMANTICS'];

/**
 * The loop of a stage as a Nest transport: consume, let the flow do its steps, publish or apply, commit.
 * Built in `listen`, closed in `close` in the opposite order. The first failure latches: nothing is taken or committed
 * after it, and `onFailure` is told.
 */
export class StageServer extends Server implements CustomTransportStrategy {
  private readonly topics: string[];
  private readonly window: Window;
  private consumer!: GroupConsumer;
  private publisher: Publisher | undefined;
  private begun: Worker | undefined;
  private intake: Intake | undefined;
  private committer: Committer | undefined;
  private lagWatch: LagWatch | undefined;
  private failure: unknown;
  private closing: Promise<void> | undefined;
  private done = 0;

  constructor(
    private readonly options: StageServerOptions,
    private readonly kafka: KafkaClient,
    private readonly flow: Flow,
    private readonly log: Logger,
    private readonly onFailure: (error: unknown) => void,
  ) {
    super();
    const datasets = new Set([...options.plans.values()].map((plan) => plan.name));
    this.topics = [...datasets].flatMap((dataset) => options.reads.map((layer) => topicName(layer, dataset)));
    beginCounters(options.service, datasets, this.topics);
    const { in_flight_messages, in_flight_bytes } = this.limits;
    const stage = options.in_flight_stage ?? options.service;
    this.window = new Window(in_flight_messages, in_flight_bytes, (size) => metrics.inFlightBytes.set({ stage }, size));
  }

  /** A member of its group, with its partitions settled, and no failure so far; or there is no dataset yet. */
  get isReady(): boolean {
    const isAtWork = this.topics.length === 0 || (this.intake !== undefined && this.consumer.isJoined);
    return isAtWork && !this.closing && this.failure === undefined;
  }

  /** Needs Kafka to be reachable and the topics to be there. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      if (this.topics.length > 0) await this.start();
      else this.log.info('no dataset is known yet');
      callback();
    } catch (error) {
      callback(error);
    }
  }

  private async start(): Promise<void> {
    const { service, stall_ms, trim } = this.options;
    const { kafka, flow, topics, log } = this;
    const group = this.options.group ?? groupOf(service);
    const consumer = () => this.consumer;
    const fail = (error: unknown) => this.fail(error);
    const worker = await this.worker({ finished: (work) => this.finished(work), failed: fail });
    this.begun = worker;
    const assignment = new Assignment(group, topics, kafka, consumer, flow, worker.below === 'take', log, fail);
    const intake = new Intake(service, assignment, this.window, worker, consumer, log);
    const watch = { stage: service, group, topics, stall_ms, trim };
    this.lagWatch = new LagWatch(watch, kafka, assignment, flow, () => this.done, log, fail);
    this.committer = new Committer(service, () => assignment.partitions, consumer, flow, fail);
    this.intake = intake;
    this.consumer = kafka.consumer({
      group,
      topics,
      membership_file: this.options.membership_file,
      onAssigned: (partitions) => assignment.assign(partitions),
      onBatch: (batch) => intake.onBatch(batch),
      onNothing: (partition, from, to) => intake.onNothing(partition, from, to),
      onOutOfRange: (partition) => intake.onOutOfRange(partition),
      onCrash: fail,
    });
    await this.consumer.start();
    log.info({ topics, group }, 'consuming');
  }

  private async worker(events: WorkerEvents): Promise<Worker> {
    const { flow, limits, log } = this;
    const plans = new MissingPlans(this.options.plans, this.options.registry);
    if ('apply' in flow) return new ApplyWorker(this.options.service, flow, limits, log, events, plans);
    this.publisher = await this.kafka.producer();
    return new TransformWorker(this.options.service, flow, this.publisher, log, events, plans);
  }

  private get limits() {
    return { ...('apply' in this.flow ? APPLY_LIMITS : TRANSFORM_LIMITS), ...this.options.limits };
  }

  private finished({ taken }: Work): void {
    this.done++;
    taken.progress.finish(taken);
    this.window.remove(taken.size_bytes);
    if (!this.window.isEmpty) return;
    this.lagWatch?.show();
    void this.committer?.commit();
  }

  /** Latches: the first failure counts. */
  private fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    if (!isForAnotherRelease(error)) this.committer?.stop();
    this.intake?.close();
    this.lagWatch?.stop();
    this.onFailure(error);
  }

  /** Finishes what is in flight, commits it and leaves the group; after a failure, only leaves. @param drain_ms for the first of these */
  close(drain_ms = DRAIN_MS): Promise<void> {
    this.closing ??= this.drain(drain_ms);
    return this.closing;
  }

  private async drain(drain_ms: number): Promise<void> {
    this.intake?.close();
    this.lagWatch?.stop();
    if (this.consumer && this.failure === undefined) await this.finishInFlight(drain_ms);
    else if (isForAnotherRelease(this.failure)) await this.commitBegun();
    this.committer?.stop();
    await this.consumer?.close();
    if (this.failure === undefined) await this.flow.close?.();
    await this.publisher?.close();
  }

  private async finishInFlight(drain_ms: number): Promise<void> {
    // Without it the client would fetch the same again and again, as nothing is taken any more.
    if (this.consumer.isJoined) this.consumer.pause();
    const until = Date.now() + drain_ms;
    const isHeld = () => 'isHeld' in this.flow && this.flow.isHeld?.();
    while (!this.window.isEmpty && Date.now() < until && this.failure === undefined && !isHeld()) {
      await this.window.changed(200);
    }
    if (!this.window.isEmpty) this.log.warn('not all that was in flight is done: it will be done again');
    await this.committer?.commit();
  }

  /** So that the work before a message that this release cannot take is not begun anew with each attempt at that one. */
  private async commitBegun(): Promise<void> {
    await Promise.race([this.begun?.settled(), sleep(GIVE_UP_MS, undefined, { ref: false })]);
    await this.committer?.commit();
  }

  /** No events of its own: see the log, the metrics and `isReady`. */
  on(): void {}

  unwrap<T>(): T {
    return this.consumer as T;
  }
}

function isForAnotherRelease(error: unknown): boolean {
  return error instanceof MillraceError && FOR_ANOTHER_RELEASE.includes(error.code);
}
