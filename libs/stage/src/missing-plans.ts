import { identityOf } from '@millrace/contracts';
import type { PlanRegistry } from './plan-registry.js';
import type { StageMessage } from './stage.js';

/** Of messages that no plan made. */
const NONE = '0'.repeat(16);

export type AskedPlans = Pick<PlanRegistry, 'ask'> & Partial<Pick<PlanRegistry, 'whyMissing'>>;

/** Before a message is refused for its plan, the registry is asked: the version may be younger than the last look at it. */
export class MissingPlans {
  constructor(
    private readonly plans: ReadonlyMap<string, unknown>,
    private readonly registry: AskedPlans | undefined,
  ) {}

  /** @throws MillraceError PLAN_SEMANTICS, POSTGRES_UNREACHABLE: nothing may be refused for a plan that only others know */
  async lookFor(messages: readonly Pick<StageMessage, 'value'>[]): Promise<void> {
    if (!this.registry) return;
    for (const { value } of messages) {
      const plan = identityOf(value)?.plan;
      if (plan === undefined || plan === NONE || this.plans.has(plan) || (await this.registry.ask(plan))) continue;
      const why = this.registry.whyMissing?.(plan);
      if (why) throw why;
    }
  }
}
