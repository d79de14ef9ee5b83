import { setTimeout as sleep } from 'node:timers/promises';

/** @throws when it does not come to hold within a minute */
export async function until(holds: () => boolean | Promise<boolean>, what = String(holds)): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds()); await sleep(25)) {
    if (Date.now() > deadline) throw new Error(`waited for ever: ${what}`);
  }
}
