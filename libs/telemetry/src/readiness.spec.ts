import { describe, expect, it } from 'vitest';
import { ReadinessChecks } from './readiness.js';

describe('readiness', () => {
  it('holds only when every check does, and says why one does not', async () => {
    const readiness = new ReadinessChecks();
    readiness.register('kafka', () => true);
    expect(await readiness.read()).toEqual({ ready: true, checks: { kafka: { ready: true } } });
    readiness.register('postgres', async () => {
      throw new Error('refused');
    });
    expect(await readiness.read()).toEqual({
      ready: false,
      checks: { kafka: { ready: true }, postgres: { ready: false, reason: 'refused' } },
    });
  });
});
