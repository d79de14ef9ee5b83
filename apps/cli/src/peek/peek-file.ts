import { CHUNK_FLAG, type Dialect, MillraceError, type RejectCode } from '@millrace/contracts';
import { DETECTION_BYTES, detectDialect, nextChunk, readHeader, usualWidth } from '@millrace/csv';
import type { CsvWriter } from './csv-writer.js';
import type { GivenDialect } from './dialect-file.js';
import { type OpenText, openText } from './open-text.js';
import { ChunkWriter } from './write-chunk.js';

export interface PeekOptions {
  /** null: the dialect is detected. */
  given: GivenDialect | null;
  /** Whether records are rejected exactly as in a dataset of this dialect. Else whatever can be read is shown. */
  strict: boolean;
}

/** Where rows and rejects go. */
export interface PeekSink {
  rows: CsvWriter;
  /** Resolves when there is room for more rows. */
  flush(): Promise<void> | void;
  reject(reject: PeekReject): void;
}

export interface PeekReject {
  code: RejectCode;
  /** First byte of the record in the text. */
  position: number;
  /** Number of the record from 1; the header is none. */
  record: number;
  raw: Buffer;
}

export interface PeekReport {
  file: string;
  dialect: Dialect;
  /** null where the dialect was given. */
  confidence: number | null;
  findings: string[];
  /** Of the columns; null: the file has no header, and rows are written without one. */
  names: string[] | null;
  columns: number;
  records: number;
  rejected: number;
  /** Of the rows: those with fewer fields than columns, with more of them, and with a quote that never closes. */
  padded: number;
  cut: number;
  unclosed: number;
  /** Comment and blank lines, and a footer. */
  skipped: number;
  /** Values that were no UTF-8. */
  repaired: number;
}

/** A file as it is read. */
export interface PeekTable {
  report: PeekReport;
  /** How it is parsed. */
  dialect: Dialect;
  /** What becomes of records that do not fit. */
  rules: Pick<Dialect, 'short_rows' | 'long_rows'> & { strict: boolean };
  header: Buffer;
  header_end: number;
}

/** Rows are handed on when so many bytes of them are there. */
const FLUSH_BYTES = 1024 * 1024;

/**
 * Reads a file as the cleaner does, chunk by chunk, and writes what it holds as clean CSV.
 * @throws MillraceError SOURCE_UNREADABLE, HEADER_TOO_LONG and the like
 */
export async function peekFile(file: string, options: PeekOptions, sink: PeekSink): Promise<PeekReport> {
  const text = await openText(file, options.given?.dialect.encoding ?? null);
  try {
    const table = await describeTable(file, text, options);
    if (table.report.names !== null) sink.rows.row(table.report.names);
    await readTable(text, table, sink);
    table.report.repaired = sink.rows.repaired;
    return table.report;
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError(error.code, error.message, { place: { file, ...error.place }, cause: error });
  } finally {
    await text.close();
  }
}

async function describeTable(file: string, text: OpenText, { given, strict }: PeekOptions): Promise<PeekTable> {
  const head = Buffer.alloc(Math.min(DETECTION_BYTES, text.size));
  await text.read(0, head);
  const complete = head.length === text.size;
  const found = given === null ? detectDialect(head, { complete }) : null;
  const dialect: Dialect = { ...(found ?? (given as GivenDialect)).dialect, encoding: text.encoding };
  const lenient: Dialect = { ...dialect, short_rows: 'reject', long_rows: 'cut' };
  const parsed = strict ? dialect : lenient;
  const header = await readHeader(text.read, text.size, { dialect: parsed });
  const usual = given?.columns ?? usualWidth(head, lenient, { complete });
  const names = given?.names ?? (header?.names ? namesOf(header.names, strict ? 0 : usual) : null);
  const { short_rows, long_rows } = given?.dialect ?? { short_rows: 'pad', long_rows: 'cut' };
  const findings = [text.finding, ...(found?.findings.slice(1) ?? ['The dialect is as given.'])];
  const counts = { records: 0, rejected: 0, padded: 0, cut: 0, unclosed: 0, skipped: 0, repaired: 0 };
  const columns = names?.length ?? usual;
  return {
    dialect: parsed,
    rules: { short_rows, long_rows, strict },
    header: header?.header ?? Buffer.alloc(0),
    header_end: header?.header_end ?? text.size,
    report: { file, dialect, confidence: found?.confidence ?? null, findings, names, columns, ...counts },
  };
}

/** A header may be broken too: columns that most records have and it does not name get a name. */
function namesOf(header: string[], usual: number): string[] {
  return Array.from(
    { length: Math.max(header.length, usual) },
    (_, column) => header[column] ?? `column_${column + 1}`,
  );
}

async function readTable(text: OpenText, table: PeekTable, sink: PeekSink): Promise<void> {
  const { header, dialect } = table;
  const writer = new ChunkWriter(table, sink);
  let other = false;
  for (let at = table.header_end; at < text.size; ) {
    const chunk = await nextChunk(text.read, at, text.size, { dialect, table: { header, other } });
    if (chunk === null) break;
    other ||= (chunk.flags & CHUNK_FLAG.other_table) !== 0;
    writer.write(chunk);
    at = chunk.byte_end;
    if (sink.rows.length >= FLUSH_BYTES) await sink.flush();
  }
}
