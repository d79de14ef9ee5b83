/**
 * The closed list of error codes. `retriable` says whether the same step on the same bytes may
 * succeed later (an I/O fault); what is not retriable is set aside or ends the process.
 */
export const ERROR_CODES = {
  // configuration and environment
  CONFIG_INVALID: { retriable: false },
  ENVIRONMENT_INVALID: { retriable: false },
  DIRECTORY_LOCKED: { retriable: false },
  DEPENDENCY_MISSING: { retriable: false },
  // servers
  KAFKA_UNREACHABLE: { retriable: true },
  /** It answers, and will not serve us: credentials, certificates, TLS on one side only, missing rights. */
  KAFKA_REFUSED: { retriable: false },
  POSTGRES_UNREACHABLE: { retriable: true },
  POSTGRES_REFUSED: { retriable: false },
  POSTGRES_TOO_OLD: { retriable: false },
  DISK_FULL: { retriable: true },
  EMBEDDED_START_FAILED: { retriable: true },
  // messages
  MESSAGE_GARBAGE: { retriable: false },
  MESSAGE_CHECKSUM: { retriable: false },
  MESSAGE_VERSION: { retriable: false },
  CONTRACT_NEWER: { retriable: true },
  MESSAGE_CONTRACT: { retriable: false },
  MESSAGE_TOO_LARGE: { retriable: false },
  PLAN_UNKNOWN: { retriable: false },
  PLAN_BUSY: { retriable: true },
  PLAN_SEMANTICS: { retriable: true },
  STEP_THREW: { retriable: false },
  // sources
  SOURCE_CHANGED: { retriable: false },
  SOURCE_VANISHED: { retriable: false },
  SOURCE_UNREADABLE: { retriable: false },
  SOURCE_REFUSED: { retriable: false },
  HEADER_TOO_LONG: { retriable: false },
  SCHEMA_DRIFT: { retriable: false },
  // flow
  OFFSET_OUT_OF_RANGE: { retriable: true },
  OFFSET_FENCED: { retriable: true },
  STALLED: { retriable: true },
  LEASE_LOST: { retriable: true },
  INBOX_LOST: { retriable: false },
  RUN_INCOMPLETE: { retriable: false },
  // requests
  REQUEST_INVALID: { retriable: false },
  REQUEST_TOO_LARGE: { retriable: false },
  FORMAT_UNSUPPORTED: { retriable: false },
  DATASET_UNKNOWN: { retriable: false },
  RECEIPT_UNKNOWN: { retriable: false },
  KEY_REUSED: { retriable: false },
  BACKLOG_FULL: { retriable: true },
  KEY_MISSING: { retriable: false },
  KEY_INVALID: { retriable: false },
  KEY_SCOPE: { retriable: false },
  ORIGIN_REFUSED: { retriable: false },
  RATE_LIMITED: { retriable: true },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where an error happened; only what is known is set. */
export interface ErrorPlace {
  dataset?: string;
  file?: string;
  line?: number;
  record?: number;
  column?: string;
  topic?: string;
  partition?: number;
  offset?: string;
}

/** The one error class that crosses module borders: a code of the closed list, a place, and what to do. */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly place: ErrorPlace;

  constructor(code: ErrorCode, message: string, options: { place?: ErrorPlace; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.place = options.place ?? {};
  }

  get retriable(): boolean {
    return ERROR_CODES[this.code].retriable;
  }
}

/** Reason codes of rejected rows: the closed list that the books and the `rejects` table use. */
export const REJECT_CODES = [
  'blank',
  'too_long',
  'not_integer',
  'not_decimal',
  'out_of_range',
  'invalid_utf8',
  'nul_byte',
  'ragged_row',
  'unclosed_quote',
  'record_too_long',
  'grown_after_seal',
  'not_storable',
  'not_json',
  'message_unreadable',
  'not_boolean',
  'not_date',
  'not_timestamp',
  'ambiguous_date',
  'not_email',
  'pattern_mismatch',
  'not_in_values',
  'not_derivable',
  'outlier',
  'extra_column',
  'other_table',
] as const;

export type RejectCode = (typeof REJECT_CODES)[number];
