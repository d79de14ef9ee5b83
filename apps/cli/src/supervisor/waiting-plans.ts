import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';

/** So long a version waits for work under the former one, and so often it is tried. */
const LIMITS = { wait_ms: 600_000, pause_ms: 1_000 };

export interface WaitingOptions {
  /** @returns those that must go on waiting */
  register: (plans: readonly DatasetPlan[]) => Promise<DatasetPlan[]>;
  /** For people: one line. */
  note: (text: string) => void;
  /** A plan cannot be registered at all. */
  problem: (error: MillraceError) => void;
  isEnding: () => boolean;
}

/** Versions that change tables: they can be registered only when work under the former ones is done, which the services do. */
export class WaitingPlans {
  private plans: DatasetPlan[] = [];

  constructor(
    private readonly options: WaitingOptions,
    private readonly limits = LIMITS,
  ) {}

  get isEmpty(): boolean {
    return this.plans.length === 0;
  }

  get error(): MillraceError {
    const names = this.plans.map(({ name }) => name).join(', ');
    const message = `the new config of ${names} waits until work under the former one is at its end`;
    return new MillraceError('PLAN_BUSY', message);
  }

  add(plans: readonly DatasetPlan[]): void {
    this.plans.push(...plans);
  }

  /** Until none is left, or none will ever be. Never throws. */
  async run(): Promise<void> {
    const { register, note, problem, isEnding } = this.options;
    if (!this.isEmpty) note(this.error.message);
    const deadline = Date.now() + this.limits.wait_ms;
    while (!this.isEmpty && !isEnding()) {
      await sleep(this.limits.pause_ms, undefined, { ref: false });
      try {
        this.plans = await register(this.plans);
        if (this.isEmpty) note('the new config is current now');
        else if (Date.now() > deadline) throw this.error;
      } catch (error) {
        if (error instanceof MillraceError && error.retriable && Date.now() <= deadline) continue;
        this.plans = [];
        problem(error as MillraceError);
      }
    }
  }
}
