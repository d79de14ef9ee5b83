import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import type { Logger } from '@millrace/telemetry';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;

/** What is waited for is not there: of `attempt`, when nothing failed. */
export class NotYet extends Error {}

export interface WaitOptions {
  /** Aborted: its reason is thrown. */
  signal: AbortSignal;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Told after each attempt: what is missing, undefined when it succeeded; and whether the server answered. */
  onAttempt?(missing: string | undefined, answered: boolean): void;
  /** Told when a server answers and refuses us. */
  onRefusal?(): void;
  first_pause_ms?: number;
}

/**
 * Tries until it succeeds, however long, with pauses up to 5 s, and says each time what it waits for, why, and when it tries again. Also where
 * a server refuses us, by its credentials or because a database is missing: that may be set right, or a secret be on its way to here; it is
 * logged as an error. Only a configuration that no server can mend, and faults of the program, are thrown.
 */
export async function waitFor<T>(what: string, attempt: () => Promise<T>, options: WaitOptions): Promise<T> {
  const { signal, log, onAttempt, onRefusal, first_pause_ms = FIRST_PAUSE_MS } = options;
  let waited = false;
  for (let pause_ms = first_pause_ms; ; pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      const result = await attempt();
      onAttempt?.(undefined, true);
      if (waited) log.info(`${what} there`);
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      waited = true;
      const reason = reasonOf(error);
      onAttempt?.(reason, error instanceof NotYet);
      const isRefused = isRefusal(error);
      log[isRefused ? 'error' : 'warn']({ code: codeOf(error), reason, next_try_ms: pause_ms }, `waiting for ${what}`);
      if (isRefused) onRefusal?.();
    }
    await sleep(pause_ms, undefined, { signal }).catch(() => {});
  }
}

/** Of a MillraceError, a server (SQLSTATE) or a socket. */
function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

const CONFIGURATION = new Set(['CONFIG_INVALID', 'ENVIRONMENT_INVALID', 'DEPENDENCY_MISSING']);

/** Whether it is worth trying again: no fault of the program, and nothing that only its configuration mends. */
export function mayPass(error: unknown): boolean {
  if (error instanceof NotYet) return true;
  const code = codeOf(error);
  // Node's own codes for wrong arguments and missing modules are faults of the program.
  return code !== undefined && !CONFIGURATION.has(code) && !code.startsWith('ERR_') && code !== 'MODULE_NOT_FOUND';
}

/** It answers, and will not have us: somebody has to do something about it. */
function isRefusal(error: unknown): boolean {
  return !(error instanceof NotYet) && !(error instanceof MillraceError && error.retriable);
}

function reasonOf(error: unknown): string {
  const { message, code } = error as Error & { code?: string };
  return message || String(code);
}
