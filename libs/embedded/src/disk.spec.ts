import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { freeBytes, requireFreeBytes, watchDisk } from './disk.js';

describe('the disk', () => {
  it('refuses to start below the bound', async () => {
    const free = await freeBytes(tmpdir());
    expect(free).toBeGreaterThan(0);
    await expect(requireFreeBytes(tmpdir(), 0)).resolves.toBeUndefined();
    const refused = await requireFreeBytes(tmpdir(), free * 2).catch((error) => error);
    expect(refused).toMatchObject({ code: 'DISK_FULL', retriable: true });
    expect(refused.message).toContain(tmpdir());
  });

  it('is reported once when it is low', async () => {
    const reports: string[] = [];
    const reported = new Promise<void>((done) => {
      const stop = watchDisk(tmpdir(), {
        floor_bytes: Number.MAX_SAFE_INTEGER,
        interval_ms: 5,
        onLow: (error) => {
          reports.push(error.code);
          setTimeout(() => {
            stop();
            done();
          }, 40);
        },
      });
    });
    await reported;
    expect(reports).toEqual(['DISK_FULL']);
  });
});
