/** Months of the years 0 to 9999; month `m` (1..12) of year `y` has index 12 * y + m - 1. */
const MONTHS = 120_000;

/** Days since 1970-01-01 of the first day of every month, and of the month behind the last. */
export const MONTH_START = monthStarts();

function monthStarts(): Int32Array {
  const starts = new Int32Array(MONTHS + 1);
  let days = -719_528;
  for (let month = 0; month < MONTHS; month++) {
    starts[month] = days;
    days += lengthOf(Math.floor(month / 12), (month % 12) + 1);
  }
  starts[MONTHS] = days;
  return starts;
}

function lengthOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Index of the month that a day falls into. */
export function monthOf(days: number): number {
  let month = Math.floor((days + 719_528) / 30.436875);
  while (MONTH_START[month] > days) month--;
  while (MONTH_START[month + 1] <= days) month++;
  return month;
}
