/** A day of the Gregorian calendar. Within batches a date travels as days since 1970-01-01. */
export interface CivilDate {
  year: number;
  month: number;
  day: number;
}

/**
 * The date of a day since 1970-01-01, by arithmetic over eras of 400 years that begin in March: leap days then end a year.
 * @param into filled and returned; where many are wanted, one may be reused
 */
export function civilDate(days: number, into: CivilDate = { year: 0, month: 0, day: 0 }): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const of_era = shifted - era * 146_097;
  const year_of_era = Math.floor(
    (of_era - Math.floor(of_era / 1460) + Math.floor(of_era / 36_524) - Math.floor(of_era / 146_096)) / 365,
  );
  const of_year = of_era - (365 * year_of_era + Math.floor(year_of_era / 4) - Math.floor(year_of_era / 100));
  const from_march = Math.floor((5 * of_year + 2) / 153);
  into.day = of_year - Math.floor((153 * from_march + 2) / 5) + 1;
  into.month = from_march < 10 ? from_march + 3 : from_march - 9;
  into.year = year_of_era + era * 400 + (into.month <= 2 ? 1 : 0);
  return into;
}
