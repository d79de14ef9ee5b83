import { CommandFailure } from '../failure.js';
import { readState } from '../supervisor/state.js';

/** Base URL of each ingestor of the running Millrace that listens. */
export function ingestorUrls(home: string): string[] {
  const services = readState(home)?.services ?? [];
  return services.flatMap(({ name, port }) => (name === 'ingestor' && port !== null ? [baseUrl(port)] : []));
}

export function baseUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

const CACHED_MS = 200;

/**
 * The ingestors' URLs as the supervisor tells them, asked anew now and then: one that was killed comes back. While none
 * listens, those that did last. @throws CommandFailure NOT_RUNNING when there is none at the start
 */
export function followIngestors(home: string): () => string[] {
  let urls = ingestorUrls(home);
  let asked_at = Date.now();
  if (urls.length === 0) {
    throw new CommandFailure(
      'NOT_RUNNING',
      `no ingestor runs for ${home}`,
      'start it: npx millrace up --detach (or name one: --url)',
    );
  }
  return () => {
    if (Date.now() - asked_at > CACHED_MS) {
      asked_at = Date.now();
      const now = ingestorUrls(home);
      if (now.length > 0) urls = now;
    }
    return urls;
  };
}
