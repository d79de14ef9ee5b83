import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@millrace/embedded';

/**
 * One real broker and one real PostgreSQL for all integration tests that bring their own topics and database;
 * the chaos tests start servers of their own, which they kill. KAFKA_BROKERS and DATABASE_URL reach the workers
 * through the environment.
 */
export default async function servers(): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const remove = () => rmSync(home, { recursive: true, force: true });
  // Hundreds of service processes are started: all but the first find their modules compiled.
  process.env.NODE_COMPILE_CACHE ??= join(home, 'compile-cache');
  if (process.env.KAFKA_BROKERS && process.env.DATABASE_URL) return async () => remove();
  const embedded = await startEmbedded(home);
  process.env.KAFKA_BROKERS = embedded.kafka_brokers;
  process.env.DATABASE_URL = embedded.database_url;
  return async () => {
    await embedded.stop();
    remove();
  };
}
