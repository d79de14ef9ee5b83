/** What is wrong within a Parquet file; whoever knows the file, the row group and the place in it makes a MillraceError of it. */
export class ParquetFault extends Error {
  constructor(
    message: string,
    readonly isRefusal = false,
  ) {
    super(message);
    this.name = 'ParquetFault';
  }
}

export function requireThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ParquetFault(what);
}
