import { describe, expect, it } from 'vitest';
import { calendarDate, datesFrom } from './dates.js';

describe('dates of a report', () => {
  it('are every day of a range, over the end of a leap year February too', () => {
    expect(datesFrom('2024-02-28', '2024-03-01')).toEqual(['2024-02-28', '2024-02-29', '2024-03-01']);
    expect(datesFrom('2026-01-01', '2026-01-01')).toEqual(['2026-01-01']);
  });

  it.each(['2026-02-29', '2026-1-5', 'today', '2026-13-01', ''])('are real dates only: %j is refused', (text) => {
    expect(() => calendarDate(text)).toThrow('A date is wanted');
  });

  it('refuses a range that ends before it begins, or goes on for decades', () => {
    expect(() => datesFrom('2026-01-02', '2026-01-01')).toThrow('2026-01-01 is before 2026-01-02');
    expect(() => datesFrom('1990-01-01', '2026-01-01')).toThrow('at most 3660 days');
  });
});
