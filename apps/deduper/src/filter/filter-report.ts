import { type Logger, metrics } from '@millrace/telemetry';
import type { Part } from '../part.js';
import type { KeyFilter } from './key-filter.js';

const INTERVAL_MS = 1000;

/** Shows at intervals how much the filters hold, and says once for each part that it reached the bound. */
export class FilterReport {
  private timer: NodeJS.Timeout | undefined;
  private readonly told = new WeakSet<Part>();

  constructor(
    /** Asked each time: they are known only once the registry was read. */
    private readonly datasets: () => Iterable<string>,
    private readonly parts: Iterable<Part>,
    private readonly max_bytes: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    metrics.filterLimitBytes.set(this.max_bytes);
    this.timer = setInterval(() => this.show(), INTERVAL_MS);
    this.timer.unref();
    this.show();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private show(): void {
    const parts = [...this.parts];
    for (const dataset of this.datasets()) {
      const own = parts.filter((part) => part.dataset === dataset);
      metrics.filterBytes.set(
        { dataset },
        sum(own, (part) => part.filter?.size_bytes ?? 0),
      );
      metrics.filterKeys.set(
        { dataset },
        sum(own, (part) => part.filter?.keys ?? 0),
      );
    }
    for (const part of parts) if (part.filter?.saturated && !this.told.has(part)) this.tell(part, part.filter);
  }

  private tell(part: Part, filter: KeyFilter): void {
    this.told.add(part);
    const { topic, partition } = part;
    this.logger.warn(
      { topic, partition, keys: filter.keys, size_bytes: filter.size_bytes, max_bytes: this.max_bytes },
      'the filters fill MILLRACE_FILTER_MAX_BYTES: more and more rows will be suspect, which costs speed only',
    );
  }
}

function sum(parts: Part[], of: (part: Part) => number): number {
  return parts.reduce((total, part) => total + of(part), 0);
}
