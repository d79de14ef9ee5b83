/** Reused. */
const date = { year: 0, month: 0, day: 0 };

/** The Gregorian date of a day since 1970-01-01; valid until the next call. By arithmetic over eras of 400 years that begin in March. */
export function yearMonthDay(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const of_era = shifted - era * 146_097;
  const year_of_era = Math.floor(
    (of_era - Math.floor(of_era / 1460) + Math.floor(of_era / 36_524) - Math.floor(of_era / 146_096)) / 365,
  );
  const of_year = of_era - (365 * year_of_era + Math.floor(year_of_era / 4) - Math.floor(year_of_era / 100));
  const from_march = Math.floor((5 * of_year + 2) / 153);
  date.day = of_year - Math.floor((153 * from_march + 2) / 5) + 1;
  date.month = from_march < 10 ? from_march + 3 : from_march - 9;
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}
