import type { Chunk } from '@millrace/contracts';

const LF = 10;
const CR = 13;

/** Lines of a chunk that holds no records, by the line ends of its dialect; a last one without line end counts. */
export function countLines({ raw, context }: Chunk): number {
  const ends = context?.dialect?.record_end ?? 'lf';
  let lines = 0;
  let begin = 0;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at];
    if (byte !== LF && byte !== CR) continue;
    // Of CRLF it is the LF that ends the line.
    const is_end =
      byte === LF
        ? ends === 'crlf'
          ? raw[at - 1] === CR
          : ends !== 'cr'
        : ends === 'cr' || (ends === 'any' && raw[at + 1] !== LF);
    if (!is_end) continue;
    lines++;
    begin = at + 1;
  }
  return begin < raw.length ? lines + 1 : lines;
}
