import { isUtf8 } from 'node:buffer';
import type { SchemaElement } from 'hyparquet';
import { PARQUET_BOUNDS } from './bounds.js';
import { dateText, timestampText, timeText } from './calendar.js';
import type { ByteSpan, RawValue } from './decode-values.js';
import { requireThat } from './fault.js';
import { bigEndian, decimalText, doubleText, floatText, halfFloat } from './number-text.js';

/** Letters, digits and signs of ASCII that mean nothing in CSV, or UTF-8 as it stands in the file. */
export type ValueText = string | ByteSpan;

export interface Spelling {
  text(value: RawValue): ValueText;
  /** Whether it stands without quotes in JSON; NaN and the infinities do not. */
  isBare: boolean;
  /** What the text is, where that says all: such values can be written without it. */
  form?: Form;
}

export type Form =
  | { kind: 'text' | 'boolean' | 'double' | 'date' }
  | { kind: 'integer'; isUnsigned: boolean }
  | { kind: 'decimal'; scale: number }
  | { kind: 'timestamp'; digits: 3 | 6 | 9; isUtc: boolean };

/** How the values of a column are written, each exactly. @throws ParquetFault when the column's types contradict each other */
export function spellingOf(element: SchemaElement): Spelling {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return spellDecimal(element);
  const isText = converted === 'UTF8' || converted === 'ENUM' || converted === 'JSON';
  if (isText || logical?.type === 'STRING' || logical?.type === 'ENUM' || logical?.type === 'JSON')
    return quoted(asIs, { kind: 'text' });
  switch (type) {
    case 'BOOLEAN':
      return bare((value) => (value ? 'true' : 'false'), { kind: 'boolean' });
    case 'INT32':
      return spellInt32(element);
    case 'INT64':
      return spellInt64(element);
    case 'INT96':
      return quoted((value) => timestampText(nanosOfInt96(viewOf(value)), 9));
    case 'FLOAT':
      return bare((value) => floatText(value as number));
    case 'DOUBLE':
      return bare((value) => doubleText(value as number), { kind: 'double' });
    case 'FIXED_LEN_BYTE_ARRAY':
      return spellFixed(element);
    default:
      return quoted(spellsBinary(element) ? hex : textOrHex);
  }
}

const bare = (text: Spelling['text'], form?: Form): Spelling => ({ text, isBare: true, form });
const quoted = (text: Spelling['text'], form?: Form): Spelling => ({ text, isBare: false, form });
const asIs = (value: RawValue) => value as ByteSpan;
const viewOf = (value: RawValue) => (value as ByteSpan).view;

function spellDecimal({ type, scale, logical_type: logical }: SchemaElement): Spelling {
  const digits = (logical?.type === 'DECIMAL' ? logical.scale : undefined) ?? scale ?? 0;
  requireThat(digits >= 0 && digits <= PARQUET_BOUNDS.scale, `a decimal has the scale ${digits}`);
  const form: Form = { kind: 'decimal', scale: digits };
  if (type === 'INT32' || type === 'INT64') return bare((value) => decimalText(value as number | bigint, digits), form);
  requireThat(type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY', `a decimal is a ${type}`);
  return bare((value) => decimalText(bigEndian(viewOf(value)), digits), form);
}

function spellInt32({ converted_type: converted, logical_type: logical }: SchemaElement): Spelling {
  if (converted === 'DATE' || logical?.type === 'DATE')
    return quoted((value) => dateText(value as number), { kind: 'date' });
  if (converted === 'TIME_MILLIS' || logical?.type === 'TIME')
    return quoted((value) => timeText(BigInt(value as number), 3));
  const form: Form = { kind: 'integer', isUnsigned: isUnsigned(converted, logical) };
  return bare(form.isUnsigned ? (value) => String((value as number) >>> 0) : String, form);
}

function spellInt64(element: SchemaElement): Spelling {
  const { converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'TIME') return quoted((value) => timeText(value as bigint, DIGITS[logical.unit]));
  if (converted === 'TIME_MICROS') return quoted((value) => timeText(value as bigint, 6));
  const digits = timestampDigits(element);
  if (digits !== null) {
    const isUtc = isAdjusted(element);
    const zone = isUtc ? 'Z' : '';
    return quoted((value) => timestampText(value as bigint, digits) + zone, { kind: 'timestamp', digits, isUtc });
  }
  const form: Form = { kind: 'integer', isUnsigned: isUnsigned(converted, logical) };
  return bare(form.isUnsigned ? (value) => String(BigInt.asUintN(64, value as bigint)) : String, form);
}

const DIGITS = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const;

/** Digits of a timestamp's fraction; null for what is no timestamp. */
function timestampDigits({ converted_type: converted, logical_type: logical }: SchemaElement): 3 | 6 | 9 | null {
  if (logical?.type === 'TIMESTAMP') return DIGITS[logical.unit];
  return converted === 'TIMESTAMP_MILLIS' ? 3 : converted === 'TIMESTAMP_MICROS' ? 6 : null;
}

/** Whether timestamps are in UTC; else they are of some clock, whose zone the file does not tell. */
export function isAdjusted({ type, logical_type: logical }: SchemaElement): boolean {
  return logical?.type === 'TIMESTAMP' ? logical.isAdjustedToUTC === true : type !== 'INT96';
}

export function isUnsigned(
  converted: SchemaElement['converted_type'],
  logical: SchemaElement['logical_type'],
): boolean {
  return logical?.type === 'INTEGER' ? !logical.isSigned : (converted?.startsWith('UINT_') ?? false);
}

function spellFixed({ type_length, converted_type: converted, logical_type: logical }: SchemaElement): Spelling {
  if (logical?.type === 'UUID' && type_length === 16) return quoted((value) => uuid(viewOf(value)));
  if (logical?.type === 'FLOAT16' && type_length === 2) return bare((value) => doubleText(halfFloat(viewOf(value))));
  if (converted === 'INTERVAL' && type_length === 12) return quoted((value) => interval(viewOf(value)));
  return quoted(hex);
}

/** Bytes of a kind that says that they are no text. */
function spellsBinary({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'BSON' || ['BSON', 'GEOMETRY', 'GEOGRAPHY'].includes(logical?.type ?? '');
}

/** Older writers do not say that their texts are texts. */
function textOrHex(value: RawValue): ValueText {
  const bytes = viewOf(value);
  return isUtf8(bytes) && !bytes.includes(0) ? asIs(value) : hex(value);
}

function hex(value: RawValue): string {
  return `\\x${viewOf(value).toString('hex')}`;
}

function uuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Months, days and milliseconds, as a duration of ISO 8601. */
function interval(bytes: Buffer): string {
  const seconds = decimalText(bytes.readUInt32LE(8), 3);
  return `P${bytes.readUInt32LE(0)}M${bytes.readUInt32LE(4)}DT${seconds}S`;
}

/** Nanoseconds of the day, then the Julian day. */
function nanosOfInt96(bytes: Buffer): bigint {
  const days = BigInt(bytes.readInt32LE(8)) - 2_440_588n;
  return days * 86_400_000_000_000n + bytes.readBigInt64LE(0);
}
