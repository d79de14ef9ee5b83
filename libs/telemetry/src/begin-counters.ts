import { type ErrorCode, REJECT_CODES } from '@millrace/contracts';
import { metrics } from './metrics.js';

export type Service = 'ingestor' | 'cleaner' | 'deduper' | 'aggregator';

/** What a stage can have against a message itself. */
const REFUSALS = [
  'MESSAGE_GARBAGE',
  'MESSAGE_CHECKSUM',
  'MESSAGE_VERSION',
  'MESSAGE_CONTRACT',
  'MESSAGE_TOO_LARGE',
  'PLAN_UNKNOWN',
  'STEP_THREW',
] as const satisfies readonly ErrorCode[];

/** Why a stage sets a message aside: the values of the label `code` of `millrace_set_aside_total`. */
export const SET_ASIDE_CODES: Record<Service, readonly ErrorCode[]> = {
  ingestor: ['INBOX_LOST'],
  cleaner: REFUSALS,
  deduper: REFUSALS,
  aggregator: REFUSALS,
};

/** What becomes of rows at each stage: the values of the label `outcome`. */
export const OUTCOMES = {
  ingestor: ['cut', 'repeated'],
  cleaner: ['records', 'rows', 'rejected', 'skipped'],
  deduper: ['new', 'suspect', 'unscreened', 'refilled'],
  aggregator: ['written', 'duplicates', 'rejected', 'replaced'],
} as const satisfies Record<Service, readonly string[]>;

/** How a source can differ from its dataset: the values of the label `kind` of drift events. */
export const DRIFT_KINDS = ['new', 'missing', 'renamed', 'retyped'] as const;

/** What requests with rows are answered, as far as alerts ask for it. */
const STATUSES = ['202', '401', '403', '429', '500', '503'] as const;

/**
 * Counters that begin with 0 instead of with their first event. Prometheus' increase() sees the difference between samples:
 * of a series that appears with 1 it never sees the first event, and often there is no second.
 * @param datasets the names of those that the service knows
 */
export function beginCounters(service: Service, datasets: Iterable<string>, topics: Iterable<string> = []): void {
  for (const code of SET_ASIDE_CODES[service]) metrics.setAside.inc({ stage: service, code }, 0);
  for (const topic of topics) {
    metrics.messages.inc({ stage: service, topic }, 0);
    metrics.offsetGaps.inc({ stage: service, topic }, 0);
  }
  for (const dataset of datasets) {
    for (const outcome of OUTCOMES[service]) metrics.rows.inc({ dataset, stage: service, outcome }, 0);
    if (service === 'ingestor') beginIngestor(dataset);
    if (service === 'aggregator') beginAggregator(dataset);
  }
}

function beginIngestor(dataset: string): void {
  metrics.heals.inc({ dataset }, 0);
  metrics.republished.inc({ dataset }, 0);
  metrics.compactedChunks.inc({ dataset }, 0);
  for (const kind of DRIFT_KINDS) metrics.drift.inc({ dataset, kind }, 0);
  for (const status of STATUSES) metrics.requests.inc({ dataset, status }, 0);
}

function beginAggregator(dataset: string): void {
  metrics.falseSuspects.inc({ dataset }, 0);
  metrics.freshness.zero({ dataset });
  for (const code of REJECT_CODES) metrics.rejects.inc({ dataset, code }, 0);
}
