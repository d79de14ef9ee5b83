import { ALL_DATASETS, parseApiKey } from '@millrace/contracts';
import { InvalidArgumentError } from 'commander';
import { CommandFailure } from '../failure.js';

const UNITS_S: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 7 * 86_400 };
const LONGEST_S = 3650 * 86_400;
const NAME_CHARACTERS = 100;
const INT_MAX = 2 ** 31 - 1;

/** Reads `90d`, `12h`, `2w`. @returns seconds @throws InvalidArgumentError */
export function lifetime(text: string): number {
  const match = /^([0-9]{1,9})([smhdw])$/.exec(text.trim());
  const seconds = match ? Number(match[1]) * UNITS_S[match[2]] : 0;
  if (seconds > 0 && seconds <= LONGEST_S) return seconds;
  throw new InvalidArgumentError('A time of up to 3650d is wanted: 90d, 12h, 2w.');
}

/** A whole number from 1. @throws InvalidArgumentError */
const positive = (max: number) => (text: string) => {
  const number = /^[0-9_]+$/.test(text) ? Number(text.replaceAll('_', '')) : 0;
  if (number >= 1 && number <= max) return number;
  throw new InvalidArgumentError(`A whole number from 1 to ${max} is wanted.`);
};

export const rowRate = positive(INT_MAX);
export const byteRate = positive(Number.MAX_SAFE_INTEGER);

/** For lists and logs. @throws InvalidArgumentError */
export function keyName(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= NAME_CHARACTERS && !/\p{Cc}/u.test(name)) return name;
  throw new InvalidArgumentError(`A name of 1 to ${NAME_CHARACTERS} printable characters is wanted.`);
}

/** One more of them. @throws InvalidArgumentError */
export function datasetNames(text: string, others: string[] = []): string[] {
  if (text !== ALL_DATASETS && !/^[a-z][a-z0-9_]{0,62}$/.test(text)) {
    throw new InvalidArgumentError("A dataset's name is wanted, or '*' for all of them.");
  }
  return others.includes(text) ? others : [...others, text];
}

/**
 * An id, or the whole key, as it stands where it was found. Not for commander, which repeats what it refuses: it may be a key
 * with a typing error. @throws CommandFailure USAGE
 */
export function keyId(text: string): string {
  const id = parseApiKey(text)?.id ?? text;
  if (/^[0-9A-Za-z]{12}$/.test(id)) return id;
  throw new CommandFailure('USAGE', 'the 12 characters of an id are wanted, or a whole key', 'npx millrace keys list');
}
