import { describe, expect, it } from 'vitest';
import { Watchdog } from './watchdog.js';

describe('watchdog', () => {
  it('reports lag without progress after the given time', () => {
    const watchdog = new Watchdog(3000, 1000);
    watchdog.tick(5, 1);
    watchdog.tick(5, 1);
    watchdog.tick(5, 1);
    expect(() => watchdog.tick(5, 1)).toThrow(expect.objectContaining({ code: 'STALLED' }));
  });

  it('lets be who makes progress, and who has nothing to do', () => {
    const watchdog = new Watchdog(2000, 1000);
    expect(() => {
      for (let progress = 0; progress < 10; progress++) watchdog.tick(5, progress);
      for (let i = 0; i < 10; i++) watchdog.tick(0, 10);
      watchdog.tick(1, 10);
    }).not.toThrow();
  });
});
