import { STATUS_CODES } from 'node:http';
import { type ErrorCode, MillraceError } from '@millrace/contracts';
import { HttpException } from '@nestjs/common';

/** The closed list of problems that a client can meet: docs/http.md tells what to do about each. */
export const PROBLEMS = {
  REQUEST_INVALID: { status: 400, title: 'The request cannot be read' },
  KEY_MISSING: { status: 401, title: 'An API key is needed' },
  KEY_INVALID: { status: 401, title: 'The API key is not valid' },
  KEY_SCOPE: { status: 403, title: 'The API key is not for this dataset' },
  ORIGIN_REFUSED: { status: 403, title: 'Pages of other origins are not served' },
  DATASET_UNKNOWN: { status: 404, title: 'There is no such dataset' },
  RECEIPT_UNKNOWN: { status: 404, title: 'There is no such receipt' },
  ROUTE_UNKNOWN: { status: 404, title: 'There is nothing at this address' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not take this method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The body did not come in time' },
  KEY_REUSED: { status: 409, title: 'The Idempotency-Key belongs to another body' },
  REQUEST_TOO_LARGE: { status: 413, title: 'The request is over a limit' },
  FORMAT_UNSUPPORTED: { status: 415, title: 'This content is not taken' },
  BACKLOG_FULL: { status: 429, title: 'More rows wait than are taken in' },
  RATE_LIMITED: { status: 429, title: 'More came than may' },
  INTERNAL: { status: 500, title: 'The request failed for a reason of ours' },
  NOT_ACCEPTING: { status: 503, title: 'This server does not take requests now' },
  KAFKA_UNREACHABLE: { status: 503, title: 'Kafka does not answer' },
  POSTGRES_UNREACHABLE: { status: 503, title: 'PostgreSQL does not answer' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** Where in the request: a row and a byte from 0, a column's name. */
export interface ProblemPlace {
  row?: number;
  column?: string;
  byte?: number;
}

const RETRY_AFTER_S = '5';

/** What a request fails with. The detail is for its client: it names no machine and no other request. */
export class HttpProblem extends Error {
  readonly place: ProblemPlace;
  readonly headers: Record<string, string>;

  constructor(
    readonly code: ProblemCode,
    detail: string,
    options: { place?: ProblemPlace; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'HttpProblem';
    this.place = options.place ?? {};
    this.headers = options.headers ?? {};
  }
}

/** Errors of the libraries that are about the request: their words are meant for whoever sent it. */
const OF_THE_REQUEST: Partial<Record<ErrorCode, ProblemCode>> = {
  REQUEST_INVALID: 'REQUEST_INVALID',
  SOURCE_UNREADABLE: 'REQUEST_INVALID',
  REQUEST_TOO_LARGE: 'REQUEST_TOO_LARGE',
  HEADER_TOO_LONG: 'REQUEST_TOO_LARGE',
  MESSAGE_TOO_LARGE: 'REQUEST_TOO_LARGE',
};

/** Every error as a problem. What is not about the request tells nothing of its reason: that is for the log. */
export function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof MillraceError) return fromMillrace(error);
  if (error instanceof HttpException) return fromStatus(error.getStatus(), error);
  const { statusCode, code } = (error ?? {}) as { statusCode?: unknown; code?: unknown };
  const isOfFastify = typeof statusCode === 'number' && typeof code === 'string' && code.startsWith('FST_');
  return isOfFastify ? fromStatus(statusCode, error) : internal(error);
}

function fromMillrace(error: MillraceError): HttpProblem {
  const own = OF_THE_REQUEST[error.code];
  if (own) return new HttpProblem(own, error.message, { cause: error });
  if (!error.retriable) return internal(error);
  const headers = { 'retry-after': RETRY_AFTER_S };
  if (error.code.startsWith('KAFKA')) {
    return new HttpProblem(
      'KAFKA_UNREACHABLE',
      'Kafka has not acknowledged the rows: whether they were taken is not known. With an Idempotency-Key a repeat is safe; without one it may count twice.',
      { headers, cause: error },
    );
  }
  return new HttpProblem('POSTGRES_UNREACHABLE', 'Nothing was done: repeat the request later.', {
    headers,
    cause: error,
  });
}

/** Errors of Nest and Fastify, which say with a status what they are about. */
function fromStatus(status: number, error: unknown): HttpProblem {
  const code = (
    {
      404: 'ROUTE_UNKNOWN',
      405: 'METHOD_NOT_ALLOWED',
      408: 'REQUEST_TIMEOUT',
      413: 'REQUEST_TOO_LARGE',
      415: 'FORMAT_UNSUPPORTED',
      503: 'NOT_ACCEPTING',
    } as const
  )[status];
  if (code) return new HttpProblem(code, `${STATUS_CODES[status]}.`, { cause: error });
  if (status >= 400 && status < 500)
    return new HttpProblem('REQUEST_INVALID', (error as Error).message, { cause: error });
  return internal(error);
}

function internal(error: unknown): HttpProblem {
  return new HttpProblem('INTERNAL', 'The log of the server names the reason under this instance.', { cause: error });
}

/** RFC 9457, `application/problem+json`. */
export interface ProblemDetails extends ProblemPlace {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ProblemCode;
}

/** @param instance a URI of this one occurrence, also in the log */
export function problemDetails(problem: HttpProblem, instance: string): ProblemDetails {
  const { status, title } = PROBLEMS[problem.code];
  const { code, message: detail, place } = problem;
  return { type: `urn:millrace:problem:${code}`, title, status, detail, instance, code, ...place };
}
