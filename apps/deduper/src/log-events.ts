import type { Logger } from '@millrace/telemetry';
import type { Part } from './part.js';
import type { PartsEvents } from './parts.js';
import type { ReadBackEvents } from './rebuild/read-back.js';
import type { SnapshotEvents } from './snapshot/snapshotter.js';

const named = ({ topic, partition }: Part) => ({ topic, partition });

export function partsEvents(logger: Logger): PartsEvents {
  return {
    begun(part, begin, committed, from) {
      const offsets = { begin: String(begin), committed: committed === undefined ? null : String(committed) };
      logger.info({ ...named(part), ...offsets, from, keys: part.filter?.keys ?? 0 }, 'part begun');
    },
    gap(part, offset) {
      logger.warn({ ...named(part), offset: String(offset) }, 'records for the refill are gone: keys are read back');
    },
  };
}

export function readBackEvents(logger: Logger): ReadBackEvents {
  return {
    started(dataset, parts) {
      logger.info({ dataset, parts }, 'reading keys back: everything is suspect meanwhile');
    },
    finished(dataset, parts, keys, duration_ms) {
      logger.info({ dataset, parts, keys, duration_ms }, 'keys read back');
    },
    failed(dataset, error, again_in_ms) {
      logger.warn({ dataset, err: error, again_in_ms }, 'keys cannot be read back yet');
    },
  };
}

export function snapshotEvents(logger: Logger): SnapshotEvents {
  return {
    saved(part, size_bytes, duration_ms) {
      logger.debug({ ...named(part), offset: String(part.snapshot_offset), size_bytes, duration_ms }, 'snapshot saved');
    },
    failed(part, error) {
      logger.error({ ...named(part), err: error }, 'snapshot not saved: the next start takes longer');
    },
  };
}
