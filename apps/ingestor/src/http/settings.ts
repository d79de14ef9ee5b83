import { LIMITS, MillraceError } from '@millrace/contracts';
import { integer, readEnvironment, type Values } from '@millrace/telemetry';

const MEBIBYTE = 1024 * 1024;

/** What of an inbox message is not rows: 16 bytes before its header, 4 before each row. */
const FRAME_BYTES = 16;
const ROW_FRAME_BYTES = 4;

export const HTTP_VARIABLES = {
  /** A request's body at most, as sent and once it is unpacked. */
  MILLRACE_HTTP_BODY_BYTES: integer({ min: 1024, max: LIMITS.inbox_message_bytes, fallback: 3 * MEBIBYTE }),
  /** Rows of one request at most. */
  MILLRACE_HTTP_ROWS: integer({ min: 1, max: LIMITS.inbox_message_rows, fallback: 20_000 }),
  /** One field of a row at most, as it stands in the body. */
  MILLRACE_HTTP_FIELD_BYTES: integer({ min: 1, max: LIMITS.inbox_row_bytes, fallback: 64 * 1024 }),
  /** Bytes that this instance took in and that are not applied yet. */
  MILLRACE_BACKLOG_BYTES: integer({ min: 1024, max: 2 ** 40, fallback: 64 * MEBIBYTE }),
  /** Messages of a dataset's inbox, whoever wrote them, that are not applied yet. */
  MILLRACE_BACKLOG_MESSAGES: integer({ min: 1, max: 2 ** 40, fallback: 200_000 }),
  /** Connections at once, health and metrics among them. */
  MILLRACE_HTTP_CONNECTIONS: integer({ min: 1, max: 100_000, fallback: 2000 }),
  /** How long the API keys last read are trusted when PostgreSQL is away. */
  MILLRACE_HTTP_KEYS_STALE_MS: integer({ min: 2000, max: 86_400_000, fallback: 300_000 }),
};

export interface HttpSettings {
  body_bytes: number;
  rows: number;
  row_bytes: number;
  field_bytes: number;
  backlog_bytes: number;
  backlog_messages: number;
  connections: number;
  keys_stale_ms: number;
}

/** @throws MillraceError ENVIRONMENT_INVALID, also when a request within its limits would not fit into an inbox message */
export function readHttpSettings(env: NodeJS.ProcessEnv = process.env): HttpSettings {
  // Only the own names: the others were checked before the module was built.
  const own = Object.fromEntries(Object.keys(HTTP_VARIABLES).map((name) => [name, env[name]]));
  const values: Values<typeof HTTP_VARIABLES> = readEnvironment(HTTP_VARIABLES, own);
  const settings: HttpSettings = {
    body_bytes: values.MILLRACE_HTTP_BODY_BYTES,
    rows: values.MILLRACE_HTTP_ROWS,
    row_bytes: LIMITS.inbox_row_bytes,
    field_bytes: values.MILLRACE_HTTP_FIELD_BYTES,
    backlog_bytes: values.MILLRACE_BACKLOG_BYTES,
    backlog_messages: values.MILLRACE_BACKLOG_MESSAGES,
    connections: values.MILLRACE_HTTP_CONNECTIONS,
    keys_stale_ms: values.MILLRACE_HTTP_KEYS_STALE_MS,
  };
  const message_bytes = FRAME_BYTES + settings.body_bytes + ROW_FRAME_BYTES * settings.rows;
  if (message_bytes > LIMITS.inbox_message_bytes) {
    throw new MillraceError(
      'ENVIRONMENT_INVALID',
      `MILLRACE_HTTP_BODY_BYTES with MILLRACE_HTTP_ROWS gives messages of up to ${message_bytes} bytes: ` +
        `an inbox takes ${LIMITS.inbox_message_bytes}`,
    );
  }
  if (settings.backlog_bytes < settings.body_bytes) {
    throw new MillraceError(
      'ENVIRONMENT_INVALID',
      'MILLRACE_BACKLOG_BYTES is below MILLRACE_HTTP_BODY_BYTES: such a request could never be taken',
    );
  }
  return settings;
}
