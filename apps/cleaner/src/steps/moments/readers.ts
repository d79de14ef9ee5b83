import type { ColumnPlan } from '@millrace/dataset';
import type { WorkingSet } from '../working-set.js';
import { compileFormat } from './compile-format.js';
import { readIsoDate, readIsoTimestamp } from './iso-reader.js';
import { instant, type MomentReader, resolveInstant } from './moment.js';

/** Formats that detection chose are remembered up to here, so that sources cannot take memory. */
const MOST_FORMATS = 64;

/** The readers of a column's values in the chunk at work: those of its config, or of the format that was detected in the source. */
export function readersOf(column: ColumnPlan): (set: WorkingSet) => MomentReader[] {
  const { formats, name } = column;
  const iso = [column.type === 'date' ? readIsoDate : readIsoTimestamp];
  if (formats !== 'auto') {
    const readers = formats.length === 0 ? iso : formats.map(compileFormat);
    return () => readers;
  }
  const detected = new Map<string, MomentReader[]>();
  return (set) => {
    const format = set.chunk.context?.date_formats[name];
    if (format === undefined) return iso;
    let readers = detected.get(format);
    if (!readers) {
      if (detected.size === MOST_FORMATS) detected.clear();
      readers = [compileFormat(format)];
      detected.set(format, readers);
    }
    return readers;
  };
}

/** Whether these readers are that of timestamps in ISO 8601. */
export function isIsoOnly(readers: MomentReader[]): boolean {
  return readers.length === 1 && readers[0] === readIsoTimestamp;
}

/** Minutes east of UTC of `UTC` or `+hh:mm`. */
export function zoneMinutes(time_zone: string): number {
  const match = /^([+-])(\d\d):(\d\d)$/.exec(time_zone);
  if (!match) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

/** A literal of a config, in ISO 8601. */
export function instantOf(literal: string, zone: number): { seconds: number; micros: number } {
  const bytes = Buffer.from(literal);
  if (!readIsoTimestamp(bytes, 0, bytes.length) || !resolveInstant(zone, 'reject')) {
    throw new RangeError(`${literal} is no timestamp`);
  }
  return { ...instant };
}
