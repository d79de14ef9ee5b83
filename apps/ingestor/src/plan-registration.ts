import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { type Database, effectivePlan, ensureDataset } from '@millrace/postgres';
import type { PlanRegistry } from '@millrace/stage';
import type { Logger } from '@millrace/telemetry';

const PAUSE_MS = 1000;

/**
 * Registers what only files tell of. A version that changes tables must wait until work under the former one is done, which is
 * this process's own work: until then that one stays current. Older versions that files have are left to whoever wants them back.
 */
export class PlanRegistration {
  private waiting: DatasetPlan[] = [];

  constructor(
    private readonly db: Database,
    private readonly registry: PlanRegistry,
    private readonly log: Pick<Logger, 'info' | 'warn'>,
  ) {}

  /** The schema is there. @throws MillraceError CONFIG_INVALID */
  async begin(): Promise<void> {
    const { registry } = this;
    await registry.refresh();
    this.waiting = registry.unregistered();
    await this.attempt();
    for (const { name } of this.waiting)
      this.log.warn({ dataset: name }, 'config waits until the former one is done with');
  }

  /** Until the signal is aborted. @throws its reason; MillraceError CONFIG_INVALID */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
      if (this.waiting.length > 0) await this.attempt();
    }
  }

  private async attempt(): Promise<void> {
    const { db, registry, log } = this;
    const busy: DatasetPlan[] = [];
    for (const plan of this.waiting) {
      try {
        const effective = await effectivePlan(db, plan);
        if (registry.isRegistered(effective.fingerprint)) continue;
        await ensureDataset(db, effective);
        log.info({ dataset: plan.name, plan: effective.fingerprint }, 'plan registered');
      } catch (error) {
        if (!(error instanceof MillraceError && error.code === 'PLAN_BUSY')) throw error;
        busy.push(plan);
      }
    }
    const isChanged = busy.length < this.waiting.length;
    this.waiting = busy;
    if (isChanged) await registry.refresh();
  }
}
