/** A column that an expression may read. */
export interface ExpressionColumn {
  name: string;
  type: 'text' | 'email' | 'integer' | 'bigint' | 'decimal' | 'boolean' | 'date' | 'timestamp' | 'json';
  /** decimal: digits behind the point of the scaled integers in memory. */
  scale: number;
  /** decimal: digits in all; null = as many as a value has. */
  precision: number | null;
  nullable: boolean;
}

export type Kind = 'text' | 'integer' | 'bigint' | 'decimal' | 'boolean' | 'date' | 'timestamp' | 'json';

/** Of an expression's value. */
export interface ExpressionType {
  kind: Kind;
  /** decimal: digits behind the point; null = as many as it takes. Integers have 0; other kinds null. */
  scale: number | null;
}

/** What is wrong with an expression, and what to write instead. */
export interface ExpressionFault {
  /** Offset in the text. */
  at: number;
  message: string;
}

/** The pseudo column that holds the source's path. */
export const FILE_COLUMN = '_file';

export function kindOfColumn({ type }: ExpressionColumn): Kind {
  return type === 'email' ? 'text' : type;
}
