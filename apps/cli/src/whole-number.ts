import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError, which commander reports with the option's name */
export function wholeNumber(text: string): number {
  const number = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('A whole number is wanted.');
  return number;
}
