import { describe, expect, it } from 'vitest';
import { renderSummary, summaryOf } from './summary.mjs';

const stacks = [
  { frames: [{ name: 'clean', group: 'apps/cleaner' }], us: 600_000 },
  { frames: [{ name: '(garbage collector)', group: 'garbage collection' }], us: 200_000 },
  {
    frames: [
      { name: 'clean', group: 'apps/cleaner' },
      { name: 'send', group: 'kafkajs' },
    ],
    us: 200_000,
  },
];

describe('a summary', () => {
  it('gives shares by package and function, and of garbage collection on the main thread and beside it', () => {
    const summary = summaryOf(stacks, { main: 0.9, V8Worker: 0.3 }, 500_000);
    expect(summary.cpu_seconds_per_million).toBeCloseTo(2.4);
    expect(summary.garbage_collection.main_thread).toBeCloseTo(0.2);
    expect(summary.garbage_collection.other_threads).toBeCloseTo(0.25);
    expect(summary.packages[0]).toEqual({ name: 'apps/cleaner', share: 0.6 });
    expect(summary.functions.map(({ name }) => name)).toEqual(['clean', '(garbage collector)', 'send']);
  });

  it('is written also for a process that could not be profiled', () => {
    const text = renderSummary(
      { cleaner: summaryOf(stacks, { main: 1 }, 1e6), postgres: summaryOf(undefined, { backend: 2 }, 1e6) },
      1e6,
    );
    expect(text).toContain('== cleaner: 1.00 CPU s per 1M rows (main 1.00)');
    expect(text).toContain('20.0 % of what was sampled');
    expect(text).toMatch(/== postgres: 2\.00 .*\n.*\nnot profiled/);
  });
});
