import { MillraceError } from '@millrace/contracts';

export type Attempt<T> = { value: T } | { refused: MillraceError };

/**
 * Whether the fault lies with the machine and not with the bytes: the same step on the same bytes may well succeed later.
 * Such an error is never a reason to set a message aside.
 */
export function isFaultOfMachine(error: unknown): boolean {
  if (error instanceof MillraceError) return error.retriable;
  if (!(error instanceof Error)) return false;
  return 'syscall' in error || (error instanceof RangeError && /allocation failed/i.test(error.message));
}

/**
 * Does the work, and a second time on the same bytes when it throws. `refused` when it threw twice: the bytes are to blame.
 * @throws what the work threw, when the machine is to blame
 */
export async function attemptTwice<T>(work: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (isFaultOfMachine(error)) throw error;
  }
  try {
    return { value: await work() };
  } catch (error) {
    if (isFaultOfMachine(error)) throw error;
    return { refused: asRefusal(error) };
  }
}

export function asRefusal(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new MillraceError('STEP_THREW', reason, { cause: error });
}
