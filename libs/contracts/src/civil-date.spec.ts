import { expect, it } from 'vitest';
import { civilDate } from './index.js';

it('a day since 1970 is the date that JavaScript makes of it, from before the year 0 to beyond 9999', () => {
  const reused = { year: 0, month: 0, day: 0 };
  for (let days = -900_000; days < 3_000_000; days += 61) {
    const date = new Date(days * 86_400_000);
    const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    expect(civilDate(days, reused)).toEqual(expected);
  }
});
