import pc from 'picocolors';
import type { LiveNumbers } from '../live/numbers.js';
import { formatCount, formatSeconds } from './format.js';

const TROUBLES_SHOWN = 4;

/** Where a live flow stands, for people: a few lines that are written over. */
export function liveLines(numbers: LiveNumbers): string[] {
  const { dataset, rows_in, written, duplicates, rejected, failed, rows_per_second, seconds } = numbers;
  const { lag, inbox_lag, freshness, troubles } = numbers;
  const items = [
    `${pc.bold(formatCount(rows_in))} rows in`,
    `${formatCount(written)} written`,
    `${formatCount(duplicates)} duplicates`,
    `${formatCount(rejected)} rejected`,
  ];
  if (failed > 0) items.push(pc.red(`${formatCount(failed)} failed`));
  const flow = [
    `${formatCount(rows_per_second)} rows/s`,
    lag === null
      ? 'lag unknown'
      : `lag ${formatCount(lag)} messages${inbox_lag ? ` (inbox ${formatCount(inbox_lag)})` : ''}`,
    freshness
      ? `fresh in ${formatFreshness(freshness.p50_seconds)} (p50), ${formatFreshness(freshness.p99_seconds)} (p99)`
      : 'nothing to be fresh',
  ];
  return [
    `  ${pc.bold(dataset)} ${pc.dim(formatSeconds(seconds))}  ${items.join(' · ')}`,
    `  ${flow.join(' · ')}`,
    ...troubles.slice(0, TROUBLES_SHOWN).map((trouble) => pc.red(`  ${trouble}`)),
  ];
}

export function formatFreshness(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : formatSeconds(seconds);
}
