/**
 * A row's identity: which source it came from and which record of that source it is.
 * `source` is the number given once at registration; `record` counts data records from 1
 * (the header, comment lines and blank lines are not records). In an inbox it is the message's offset and the row
 * within it: see inbox.ts.
 */
export interface Position {
  source: number;
  record: number;
}

/** Negative when `a` stands before `b`. `keep: first` keeps the lowest position. */
export function comparePositions(a: Position, b: Position): number {
  return a.source - b.source || a.record - b.record;
}
