export interface ScheduleOptions {
  rows_per_second: number;
  /** Ends after so many rows. */
  rows?: number;
  /** Ends after so long; what is not taken by then is never taken. */
  for_ms?: number;
}

/** A steady flow of rows: what is late is made up for, as what is due follows from the time since the start alone. */
export class Schedule {
  constructor(private readonly options: ScheduleOptions) {}

  /** Rows that must have been taken `elapsed_ms` after the start. */
  due(elapsed_ms: number): number {
    const { rows_per_second, rows = Number.POSITIVE_INFINITY, for_ms = Number.POSITIVE_INFINITY } = this.options;
    return Math.min(rows, Math.round((Math.min(elapsed_ms, for_ms) * rows_per_second) / 1000));
  }

  isOver(elapsed_ms: number, taken: number): boolean {
    const { rows = Number.POSITIVE_INFINITY, for_ms = Number.POSITIVE_INFINITY } = this.options;
    return taken >= rows || elapsed_ms >= for_ms;
  }

  /** What may still be taken once the schedule is over: only what was due in time, at the time it was due. */
  rest(taken: number): number {
    return Math.max(0, this.due(Number.POSITIVE_INFINITY) - taken);
  }
}
