import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { requireSameServers, runningState } from '../endpoints.js';
import { DEFAULT_SCALE, type Scale } from '../scale.js';
import type { RunScreen } from '../screen/run-screen.js';
import { readState, type ServiceRecord, type SupervisorState } from '../supervisor/state.js';

const READY_MS = 120_000;
const POLL_MS = 200;

export interface ServicesOptions {
  home: string;
  scale: Scale;
  screen: RunScreen;
  signal: AbortSignal;
  /** To be known to the services when they start, where nothing is up yet: they need not be started again for them. */
  plans?: readonly DatasetPlan[];
}

/** Asked at each connection: a supervisor that was started again may have other ports. */
export interface Servers {
  database_url: () => string;
  kafka_brokers: () => string;
  problem: () => SupervisorState['problem'];
  services: () => readonly ServiceRecord[];
}

/** Does `work` with what `up` has started; where nothing is up, starts all for the time of `work` and stops it after. */
export async function withServices<T>(options: ServicesOptions, work: (servers: Servers) => Promise<T>): Promise<T> {
  const { home, scale, screen, signal, plans } = options;
  const servers: Servers = {
    database_url: () => readState(home)?.database_url ?? '',
    kafka_brokers: () => readState(home)?.kafka_brokers ?? '',
    problem: () => readState(home)?.problem ?? null,
    services: () => readState(home)?.services ?? [],
  };
  if (runningState(home)?.mode === 'up') {
    requireSameServers(await untilUp(home, signal));
    if (scale !== DEFAULT_SCALE)
      screen.note('--scale is for services yet to be started: those that run are used as they are');
    return work(servers);
  }
  screen.note('Starting Kafka, PostgreSQL and the services for this run');
  const { Supervisor } = await import('../supervisor/supervisor.js');
  const supervisor = new Supervisor({ home, scale, mode: 'run', plans, note: (text) => screen.note(text) });
  try {
    await interruptible(
      supervisor.start().then(() => supervisor.untilReady(READY_MS)),
      signal,
    );
    return await Promise.race([work(servers), supervisor.failed]);
  } finally {
    await supervisor.stop();
  }
}

/** @throws MillraceError STALLED when it does not become ready, or ends meanwhile */
async function untilUp(home: string, signal: AbortSignal): Promise<SupervisorState> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const state = runningState(home);
    if (state?.state === 'ready') return state;
    if (!state || Date.now() > deadline) {
      throw new MillraceError('STALLED', 'the Millrace that is being started here does not become ready');
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function interruptible<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
