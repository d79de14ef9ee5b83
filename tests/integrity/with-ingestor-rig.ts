import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { IngestorRig } from './ingestor-rig.js';

/** The rig of the test file that called `withIngestorRig`. */
export let rig: IngestorRig;

/**
 * One rig for a test file; a directory of its own, and stages behind that work, for each test. What a failed test left
 * behind does not hold up the next one.
 */
export function withIngestorRig(name: string): void {
  let tests = 0;
  beforeAll(async () => {
    rig = await IngestorRig.start();
  });
  afterAll(() => rig.stop());
  beforeEach(() => {
    rig.enter(`${name}-${++tests}`);
    rig.stages.turn(true);
  });
  afterEach(async () => {
    await rig.stopAll();
    rig.stages.turn(false);
    await rig.db.query('update millrace.watches set removed_at = now() where removed_at is null');
    await rig.db.query(`update millrace.scans set state = 'failed' where state <> 'finished'`);
    await rig.db.query('delete from millrace.leases');
  });
}
