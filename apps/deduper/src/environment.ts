import { integer } from '@millrace/telemetry';

const MIB = 1024 * 1024;

/** What the deduper reads besides the variables of every service. */
export const DEDUPER_VARIABLES = {
  /** Bound of all filters of this process; past it more rows are suspect. 512 MiB hold 233 million keys in 8 parts. */
  MILLRACE_FILTER_MAX_BYTES: integer({ min: MIB, max: 2 ** 40, fallback: 512 * MIB }),
};
