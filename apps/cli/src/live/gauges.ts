import { readMetrics, sumMetric } from '../supervisor/readiness.js';
import type { ServiceRecord } from '../supervisor/state.js';
import { type Buckets, bucketsSince, describeFreshness, type Freshness, freshnessOf, sumBuckets } from './freshness.js';

/** What the services' own metrics say of a live flow. */
export interface Gauges {
  /** Messages that wait in all topics; null when no service answers. */
  lag: number | null;
  /** Those of them that wait in inboxes. */
  inbox_lag: number | null;
  freshness: Freshness | null;
}

const WINDOW = 10;

/** Reads the metrics of all services again and again; freshness is that of the last readings. */
export class GaugeReader {
  /** By process: a service that was started again counts from 0. */
  private readonly readings: Map<string, Buckets>[] = [];

  constructor(private readonly dataset: string) {}

  async read(services: readonly ServiceRecord[]): Promise<Gauges> {
    const texts = await readAll(services);
    const now = new Map([...texts].map(([process, text]) => [process, freshnessOf(text, this.dataset)]));
    const [before] = this.readings;
    this.readings.push(now);
    if (this.readings.length > WINDOW) this.readings.shift();
    const fresh = [...now].map(([process, buckets]) => bucketsSince(before?.get(process), buckets));
    return { ...lagsOf([...texts.values()]), freshness: describeFreshness(sumBuckets(before ? fresh : [])) };
  }
}

/** Freshness since the services started. */
export async function readGauges(services: readonly ServiceRecord[]): Promise<Gauges> {
  const texts = [...(await readAll(services)).values()];
  return { ...lagsOf(texts), freshness: describeFreshness(sumBuckets(texts.map((text) => freshnessOf(text)))) };
}

async function readAll(services: readonly ServiceRecord[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  await Promise.all(
    services.map(async ({ pid, port, instance }) => {
      const text = port === null ? undefined : await readMetrics(port);
      if (text !== undefined) texts.set(`${instance} ${pid}`, text);
    }),
  );
  return texts;
}

function lagsOf(texts: readonly string[]): Pick<Gauges, 'lag' | 'inbox_lag'> {
  const sum = (of: (text: string) => number | undefined) => {
    const lags = texts.map(of).filter((lag) => lag !== undefined);
    return lags.length > 0 ? lags.reduce((total, lag) => total + lag, 0) : null;
  };
  return { lag: sum((text) => sumMetric(text, 'millrace_lag_messages')), inbox_lag: sum(inboxLag) };
}

function inboxLag(text: string): number | undefined {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('millrace_lag_messages{') && line.includes('topic="inbox.'));
  return sumMetric(lines.join('\n'), 'millrace_lag_messages');
}
