import type { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { RunScreen } from '../screen/run-screen.js';
import { DatabaseLink } from './link.js';
import { registerAnew, registerPlan } from './register.js';
import type { ExitCode } from './result.js';
import { type RunOutcome, runOnce } from './run-once.js';
import type { Servers } from './with-services.js';

/** A dataset to be run; of files that nobody configured, one a file, and those that cannot be mapped. */
export type RunTarget = { plan: DatasetPlan; file?: string } | { file: string; error: MillraceError };

export interface TargetsOptions {
  /** Absolute. */
  path: string;
  servers: Servers;
  patience_ms: number;
  signal: AbortSignal;
}

/** One pass over a directory for each dataset in turn, on services that run. @returns the worst exit code */
export async function runTargets(targets: RunTarget[], options: TargetsOptions, screen: RunScreen): Promise<ExitCode> {
  const { path, servers, patience_ms, signal } = options;
  const link = new DatabaseLink(servers.database_url, { patience_ms, signal, waiting: toldOnce(screen) });
  const outcomes: RunOutcome[] = [];
  let worst: ExitCode = targets.some((target) => 'error' in target) ? 1 : 0;
  try {
    // All are made known at once: services that learn of new datasets are started again once, not once for each.
    const plans: DatasetPlan[] = [];
    for (const target of targets) {
      if ('error' in target) continue;
      plans.push(await register(target.plan));
    }
    for (const plan of plans) {
      const outcome = await runOnce({ plan, path, ...servers, patience_ms, signal, link }, screen);
      outcomes.push(outcome);
      if (outcome.exit_code === 1 || (outcome.exit_code === 2 && worst === 0)) worst = outcome.exit_code;
    }
  } finally {
    await link.close();
  }
  if (targets.length > 1) screen.summary(outcomes, worst);
  return worst;

  function register(plan: DatasetPlan): Promise<DatasetPlan> {
    const { kafka_brokers } = servers;
    const parts = { link, kafka_brokers, patience_ms };
    if (plan.if_table_exists !== 'replace') return registerPlan(plan, parts);
    screen.note(`${plan.name}: if_table_exists is replace: what its tables hold is forgotten`);
    return registerAnew(plan, parts);
  }
}

function toldOnce(screen: RunScreen): (reason: string) => void {
  let told = false;
  return (reason) => {
    if (!told) screen.note(`waiting: ${reason}`);
    told = true;
  };
}
