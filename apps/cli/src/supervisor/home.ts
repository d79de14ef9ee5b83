import { chmodSync, existsSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from '../failure.js';

/** Says that a directory is a state directory of ours: only such a one is ever emptied. */
const MARKER = 'millrace.home';

/** What Millrace makes in its home; nothing else in it is ever deleted. */
const OWN_ENTRIES =
  /^(millrace\.home|state\.json.*|logs|demo|live|produce|faults|deduper|members|lock(\..*)?|ports\.json|kafka|postgres)$/;

/**
 * Marks the directory as ours, and closes it to others, as it holds passwords; unless it held other things before us. Call it with
 * the home locked.
 */
export function claimHome(home: string): void {
  const marker = join(home, MARKER);
  if (!existsSync(marker)) {
    if (!readdirSync(home).every((name) => OWN_ENTRIES.test(name))) return;
    writeFileSync(marker, 'The state directory of Millrace. "npx millrace reset" empties it.\n');
  }
  // Started by root elsewhere than on Linux, PostgreSQL, as another user, has to enter it (libs/embedded).
  if (process.getuid?.() === 0 && process.platform !== 'linux') return;
  try {
    chmodSync(home, 0o700);
  } catch (error) {
    // A volume that belongs to another user, and which is that one's to close.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** @throws CommandFailure REFUSED when the directory was not made by Millrace */
export function requireOwnHome(home: string): void {
  if (existsSync(join(home, MARKER))) return;
  throw new CommandFailure('REFUSED', `${home} is not a state directory of Millrace`, 'check MILLRACE_HOME');
}

/** Removes what Millrace made, and the directory when nothing else is in it. @returns names that were left */
export function removeHome(home: string): string[] {
  const entries = readdirSync(home);
  for (const name of entries.filter((entry) => OWN_ENTRIES.test(entry))) {
    rmSync(join(home, name), { recursive: true, force: true });
  }
  const left = entries.filter((entry) => !OWN_ENTRIES.test(entry));
  if (left.length === 0) rmdirSync(home);
  return left;
}
