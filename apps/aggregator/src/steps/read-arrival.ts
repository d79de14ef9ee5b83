import { ARRIVED_HEADER } from '@millrace/contracts';

/** When the oldest of a message's data came, epoch milliseconds; undefined where no header says so, or none that can be read. */
export function readArrival(headers: Record<string, Buffer | undefined>): number | undefined {
  const text = headers[ARRIVED_HEADER]?.toString('latin1') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
