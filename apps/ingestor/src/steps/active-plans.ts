import { MillraceError } from '@millrace/contracts';
import { lockActivePlans, type Transaction } from '@millrace/postgres';

/**
 * Whoever writes chunks down holds their plans meanwhile: a version that changes the tables waits for it, or has made them
 * inactive before.
 * @returns the plans under which nothing may be cut: not registered, or replaced
 */
export async function inactivePlans(
  tx: Transaction,
  dataset: string,
  fingerprints: Iterable<string>,
): Promise<Set<string>> {
  const wanted = [...new Set(fingerprints)];
  if (wanted.length === 0) return new Set();
  const active = await lockActivePlans(tx, dataset, wanted);
  return new Set(wanted.filter((fingerprint) => !active.has(fingerprint)));
}

/** @throws MillraceError PLAN_BUSY: to be begun anew under the current plan */
export async function requireActive(tx: Transaction, dataset: string, fingerprints: Iterable<string>): Promise<void> {
  const inactive = await inactivePlans(tx, dataset, fingerprints);
  if (inactive.size === 0) return;
  const message = `nothing is cut any more under ${[...inactive].join(', ')} of ${dataset}: another version is current`;
  throw new MillraceError('PLAN_BUSY', message, { place: { dataset } });
}

export function isPlanReplaced(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'PLAN_BUSY';
}
