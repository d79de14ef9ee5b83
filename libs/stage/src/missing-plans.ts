import { identityOf } from '@millrace/contracts';
import type { PlanRegistry } from './plan-registry.js';
import type { StageMessage } from './stage.js';

/** Of messages that no plan made. */
const NONE = '0'.repeat(16);

/** Before a message is refused for its plan, the registry is asked: the version may be younger than the last look at it. */
export class MissingPlans {
  constructor(
    private readonly plans: ReadonlyMap<string, unknown>,
    private readonly registry: Pick<PlanRegistry, 'ask'> | undefined,
  ) {}

  async lookFor(messages: readonly Pick<StageMessage, 'value'>[]): Promise<void> {
    if (!this.registry) return;
    for (const { value } of messages) {
      const plan = identityOf(value)?.plan;
      if (plan !== undefined && plan !== NONE && !this.plans.has(plan)) await this.registry.ask(plan);
    }
  }
}
