/** Two whole years. */
export const FIRST_DAY = '2024-01-01';
export const DAYS = Array.from({ length: 731 }, (_, day) => dateAt(day));

/** How busy a day is, in percent of a usual one: whole numbers, as floating-point functions may differ between machines. */
const WEEKDAYS = [125, 95, 90, 92, 100, 118, 140];
const MONTHS = [82, 80, 88, 92, 96, 95, 90, 88, 98, 108, 150, 165];

/** Product of both: 10,000 is a usual day. */
export const WEIGHTS = DAYS.map((day) => {
  const date = new Date(`${day}T00:00:00Z`);
  return WEEKDAYS[date.getUTCDay()] * MONTHS[date.getUTCMonth()];
});

/** YYYY-MM-DD of a day counted from the first one; negative before it. */
export function dateAt(day: number): string {
  return new Date(Date.parse(`${FIRST_DAY}T00:00:00Z`) + day * 86_400_000).toISOString().slice(0, 10);
}

/** Spreads `count` things over the days by their weights, in order of time. */
export class Calendar {
  private readonly total = WEIGHTS.reduce((sum, weight) => sum + weight, 0);
  private day = 0;
  private passed = WEIGHTS[0];

  constructor(private readonly count: number) {}

  /** The day of thing `index`, counted from the first one. @param index must not fall from one call to the next */
  dayOf(index: number): number {
    // Weights add up to less than 2^23, so that this is exact below 2^30 things.
    while (this.passed * this.count <= index * this.total) this.passed += WEIGHTS[++this.day];
    return this.day;
  }
}

/** ISO 8601 in UTC, seconds after the first day's midnight. */
export function timestampAt(seconds: number): string {
  return `${new Date(Date.parse(`${FIRST_DAY}T00:00:00Z`) + seconds * 1000).toISOString().slice(0, 19)}Z`;
}
