import { type ColumnData, hashKey, hashPosition, highLane, keyTextAt, NULL_CODE, partOfHash } from '@millrace/columnar';
import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import type { BatchMessage } from '@millrace/postgres';

/** A clean row of any dataset: canonical texts by column, absent = NULL. */
export interface Row {
  record: number;
  values: Record<string, string>;
}

type Columns = BatchMessage['data'];

/** Rows as the cleaner lays them out. @param rows in order of their records, not before `first_record` */
export function columnsOf(plan: DatasetPlan, rows: readonly Row[], first_record: number): Columns {
  return {
    rows: rows.length,
    records: Uint32Array.from(rows, ({ record }) => record - first_record),
    columns: plan.columns.map((column) =>
      columnOf(
        column,
        rows.map(({ values }) => values[column.name] ?? null),
      ),
    ),
  };
}

function columnOf({ encoding, type, scale }: ColumnPlan, values: (string | null)[]): ColumnData {
  const nulls = nullsOf(values);
  switch (encoding) {
    case 'text':
      return { encoding, nulls, ...textsOf(values.map((value) => value ?? '')) };
    case 'dictionary': {
      const entries = [...new Set(values.filter((value) => value !== null))];
      const codes = values.map((value) => (value === null ? NULL_CODE : entries.indexOf(value)));
      return { encoding, codes: Uint16Array.from(codes), ...textsOf(entries) };
    }
    case 'integer': {
      const read = (value: string | null) => (type === 'boolean' ? Number(value === 'true') : Number(value));
      return { encoding, nulls, values: Int32Array.from(values, read) };
    }
    case 'date':
      return {
        encoding,
        nulls,
        days: Int32Array.from(values, (value) => Date.parse(value ?? '1970-01-01') / 86_400_000),
      };
    case 'decimal': {
      const literals = values.map((value) => (value === null ? '0' : type === 'timestamp' ? secondsOf(value) : value));
      return { ...decimalsOf(literals, scale), nulls };
    }
  }
}

function nullsOf(values: (string | null)[]): Uint8Array | null {
  if (!values.includes(null)) return null;
  const nulls = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, row) => {
    if (value === null) nulls[row >> 3] |= 1 << (row & 7);
  });
  return nulls;
}

/** `2024-01-31T10:00:00.5Z` as seconds since 1970. */
export function secondsOf(timestamp: string): string {
  const [, whole, fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(timestamp)!;
  const micros = BigInt(Date.parse(`${whole}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
  const digits = String(micros < 0n ? -micros : micros).padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** As the cleaner encodes them: scaled integers where they fit, else the literal. */
export function decimalsOf(literals: string[], scale: number): Extract<ColumnData, { encoding: 'decimal' }> {
  const low = new Uint32Array(literals.length);
  const high = new Int32Array(literals.length);
  const wide: string[] = [];
  literals.forEach((literal, row) => {
    const [whole, fraction = ''] = literal.split('.');
    const scaled = Number(BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0')));
    if (/[1-9]/.test(fraction.slice(scale)) || !Number.isSafeInteger(scaled)) {
      high[row] = -2147483648;
      low[row] = wide.push(literal) - 1;
    } else {
      low[row] = scaled >>> 0;
      high[row] = highLane(scaled);
    }
  });
  return { encoding: 'decimal', low, high, wide, nulls: null };
}

function textsOf(texts: string[]): { bytes: Uint8Array; offsets: Uint32Array } {
  const offsets = new Uint32Array(texts.length + 1);
  texts.forEach((text, index) => {
    offsets[index + 1] = offsets[index] + Buffer.byteLength(text);
  });
  return { bytes: Buffer.from(texts.join('')), offsets };
}

export interface Place {
  source: number;
  chunk: number;
  /** Whether the deduper would have set a row's bit. */
  isSuspect?: (row: Row) => boolean;
}

/** A chunk's batches, one for each part, as the aggregator hands them to `apply`; offsets are 0. */
export function batchesOf(plan: DatasetPlan, rows: readonly Row[], place: Place): BatchMessage[] {
  const { source, chunk, isSuspect = () => true } = place;
  const first_record = rows[0].record;
  const all = columnsOf(plan, rows, first_record);
  const lanes = new Uint32Array(2);
  const parts = Map.groupBy(rows, (row) => {
    if (plan.keys.length === 0) hashPosition(source, row.record, lanes, 0);
    else {
      const key = Buffer.from(keyTextAt(plan, all, rows.indexOf(row)));
      hashKey(key, 0, key.length, lanes, 0);
    }
    return partOfHash(lanes[0], lanes[1], plan.parts);
  });
  return [...parts].map(([part, own]) => {
    const suspects = new Uint8Array((own.length + 7) >> 3);
    own.forEach((row, index) => {
      if (isSuspect(row)) suspects[index >> 3] |= 1 << (index & 7);
    });
    return {
      ...{ kind: 'batch', topic: `screened.${plan.name}`, partition: part, offset: 0n, dataset: plan.name, plan },
      batch: { source, chunk, slot: part, parts: plan.parts, rows: own.length, first_record },
      data: columnsOf(plan, own, first_record),
      suspects,
    };
  });
}
