import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type StopSignal = (typeof SIGNALS)[number];

/** npm and npx hand on a signal that the terminal has sent to all of them: it comes twice, and is meant once. */
const SAME_MS = 300;

/**
 * With handlers, a process that is PID 1 of a container gets these signals like any other.
 * @param onFirst to stop in good order @param onSecond to end at once, with the exit code of a process that the signal has ended
 */
export function onStopSignals(
  onFirst: (signal: StopSignal) => void,
  onSecond: (signal: StopSignal, exit_code: number) => void,
  source: Pick<NodeJS.Process, 'on'> = process,
): void {
  let first_at: number | undefined;
  for (const signal of SIGNALS) {
    source.on(signal, () => {
      const now = performance.now();
      if (first_at === undefined) {
        first_at = now;
        onFirst(signal);
      } else if (now - first_at >= SAME_MS) onSecond(signal, 128 + constants.signals[signal]);
    });
  }
}
