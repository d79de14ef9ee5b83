/** A value that PostgreSQL's type does not hold, found before it is sent: it carries the SQLSTATE that the server would give. */
export class UnstorableError extends RangeError {
  constructor(
    readonly code: '22003' | '22008',
    message: string,
  ) {
    super(message);
  }
}

/** Microseconds from 1970-01-01, where ours begin, to 2000-01-01, where PostgreSQL's do. */
const EPOCH = 946_684_800_000_000n;
export const EPOCH_LOW = Number(EPOCH & 0xffffffffn);
export const EPOCH_HIGH = Number(EPOCH >> 32n);

const MAX = 2n ** 63n - 1n;
/** The lowest int8 is minus infinity to a timestamp. */
const MIN = -(2n ** 63n);

/** @throws UnstorableError */
export function int8OfLiteral(literal: string): bigint {
  if (!/^-?\d+(\.0*)?$/.test(literal)) throw new UnstorableError('22003', `${literal} is no bigint`);
  const value = BigInt(literal.split('.')[0]);
  if (value > MAX || value < MIN) throw new UnstorableError('22003', `${literal} is out of range for type bigint`);
  return value;
}

/** Seconds since 1970 as microseconds since 2000. @throws UnstorableError */
export function timestampOfLiteral(literal: string): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)\.?(\d*)$/.exec(literal) ?? [];
  if (whole === undefined || /[1-9]/.test(fraction.slice(6))) {
    throw new UnstorableError('22008', `${literal} is no time to the microsecond`);
  }
  const value = BigInt(sign + whole + fraction.slice(0, 6).padEnd(6, '0')) - EPOCH;
  if (value >= MAX || value <= MIN) throw new UnstorableError('22008', `timestamp out of range: ${literal}`);
  return value;
}
