/** A row as it stands in a file of any kind, with what is true of it. */
export interface KindRow {
  id: string;
  /** YYYY-MM-DD */
  day: string;
  number: number;
  code: string;
  /** ISO 8601 in UTC, to the second; null where the field is blank. */
  changed_at: string | null;
  /** With two digits after the point; null where what stands there is no number. */
  amount: string | null;
  region: string;
  note: string;
}

/** Amounts from here on are far from all others. */
export const OUTLIER = 50_000;

const CODES = ['a', 'b "quoted"', 'c, d'];
const REGIONS = ['north', 'west', 'Süd', 'Übersee €'];
const NOTES = ['', 'plain', 'with "quotes"', 'two\nlines', 'a;b,c', 'naïve'];

/**
 * Rows about `entities` things, so that most keys come again and again, with the same times too. A thing's id, day, number and
 * code never change, whichever of them is the key.
 */
export function kindRows(count: number, entities: number, roll: (sides: number) => number): KindRow[] {
  return Array.from({ length: count }, () => {
    const thing = roll(entities);
    const cents = roll(100) === 0 ? OUTLIER * 100 + roll(1000) : roll(100_000) - 20_000;
    return {
      id: `K-${thing}`,
      day: `2024-02-${two(1 + (thing % 28))}`,
      number: (Math.floor(thing / 28) % 40) - 20,
      code: CODES[thing % CODES.length],
      changed_at: roll(20) === 0 ? null : `2025-03-${two(1 + roll(28))}T${two(roll(24))}:00:00Z`,
      amount: roll(30) === 0 ? null : (cents / 100).toFixed(2),
      region: REGIONS[roll(REGIONS.length)],
      note: NOTES[roll(NOTES.length)],
    };
  });
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
