import { integer, readEnvironment, url, type Values, withSecrets } from '@millrace/telemetry';
import { FLIGHT_LIMITS } from './flight.js';

export const INGESTOR_VARIABLES = {
  DATABASE_URL: url(['postgres', 'postgresql']),
  /** Bound of the raw bytes that are published and not yet resolved. */
  MILLRACE_IN_FLIGHT_BYTES: integer({ min: 1, max: 2 ** 40, fallback: FLIGHT_LIMITS.in_flight_bytes }),
  /** A watched file that has not changed for so long is sealed: its last record counts also without a line end. */
  MILLRACE_QUIET_MS: integer({ min: 1, max: 86_400_000, fallback: 5000 }),
  /** How often one ingestor of all measures storage and books for the metrics; 0: never. */
  MILLRACE_STORAGE_METRICS_MS: integer({ min: 0, max: 86_400_000, fallback: 15_000 }),
};

/** @throws MillraceError ENVIRONMENT_INVALID */
export function readIngestorEnvironment(env = process.env): Values<typeof INGESTOR_VARIABLES> {
  // Only the own names: the others were checked before the module was built.
  const { DATABASE_URL } = withSecrets(env, ['DATABASE_URL']);
  const { MILLRACE_IN_FLIGHT_BYTES, MILLRACE_QUIET_MS, MILLRACE_STORAGE_METRICS_MS } = env;
  return readEnvironment(INGESTOR_VARIABLES, {
    ...{ DATABASE_URL, MILLRACE_IN_FLIGHT_BYTES, MILLRACE_QUIET_MS, MILLRACE_STORAGE_METRICS_MS },
  });
}
