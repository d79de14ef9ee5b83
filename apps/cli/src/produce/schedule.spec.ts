import { describe, expect, it } from 'vitest';
import { Schedule } from './schedule.js';

describe('Schedule', () => {
  it('makes up for what is late: what is due follows from the time alone', () => {
    const schedule = new Schedule({ rows_per_second: 2000, for_ms: 60_000 });
    expect([0, 1, 500, 1000].map((at_ms) => schedule.due(at_ms))).toEqual([0, 2, 1000, 2000]);
  });

  it('ends after its time, and takes nothing that was not due by then', () => {
    const schedule = new Schedule({ rows_per_second: 10, for_ms: 1000 });
    expect(schedule.isOver(999, 3)).toBe(false);
    expect(schedule.isOver(1000, 3)).toBe(true);
    expect(schedule.due(5000)).toBe(10);
    expect(schedule.rest(3)).toBe(7);
  });

  it('ends after its rows, however long they take', () => {
    const schedule = new Schedule({ rows_per_second: 10, rows: 25 });
    expect(schedule.due(60_000)).toBe(25);
    expect(schedule.isOver(60_000, 24)).toBe(false);
    expect(schedule.isOver(1, 25)).toBe(true);
  });
});
