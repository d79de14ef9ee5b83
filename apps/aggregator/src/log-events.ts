import type { ApplierEvents } from '@millrace/postgres';
import { type Logger, metrics } from '@millrace/telemetry';

const stage = 'aggregator';

/** What the applier meets, in the log and in the metrics. */
export function applierEvents(logger: Logger): ApplierEvents {
  return {
    retrying(error, attempt) {
      logger.warn({ err: error, attempt }, 'transaction failed: running it again');
    },
    ownerEnded(owner) {
      logger.warn(owner, "ended the session of a stopped aggregator that held this partition's lock");
    },
    gap({ topic, partition, from, to }) {
      metrics.offsetGaps.inc({ stage, topic });
      const offsets = { from: String(from), to: String(to) };
      logger.error({ topic, partition, ...offsets }, 'messages are gone from the topic: going on behind them');
    },
    recreated({ topic, partition, before, next_offset }) {
      const offsets = { before: String(before), next_offset: String(next_offset) };
      logger.error({ topic, partition, ...offsets }, 'the topic was made anew: its offsets count again from the start');
    },
    suspects(dataset, _suspects, false_suspects) {
      metrics.falseSuspects.inc({ dataset }, false_suspects);
    },
    outcomes({ dataset, codes, ...rows }) {
      for (const [outcome, count] of Object.entries(rows)) metrics.rows.inc({ dataset, stage, outcome }, count);
      for (const [code, count] of codes) metrics.rejects.inc({ dataset, code }, count);
    },
  };
}
