import type { Dice } from '../generator/dice.js';
import { quoted } from '../generator/vocabulary.js';

/** The same value with blanks around it, in quotes, or with a quote closed too early. `raw` holds no quotes. */
export function dressed(raw: string, dice: Dice): string {
  const half = raw.length >> 1;
  switch (dice.below(5)) {
    case 0:
      return ` ${raw}`;
    case 1:
      return `${raw}\t `;
    case 2:
      return quoted(raw);
    case 3:
      return quoted(` ${raw}  `);
    default:
      return `${quoted(raw.slice(0, half))}${raw.slice(half)}`;
  }
}
