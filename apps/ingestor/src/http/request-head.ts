import type { IncomingHttpHeaders } from 'node:http';
import { HttpProblem } from './problem.js';

/** Content types of rows. */
export const ROW_TYPES = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/json': 'json',
} as const;
export type RowFormat = (typeof ROW_TYPES)[keyof typeof ROW_TYPES];

/** What is known of a request before its body is read. */
export interface RequestHead {
  format: RowFormat;
  gzip: boolean;
  key: string | null;
  /** Of the body as sent; null when the client does not say. */
  size_bytes: number | null;
}

const KEY_CHARACTERS = 255;

/** @throws HttpProblem FORMAT_UNSUPPORTED, REQUEST_INVALID, REQUEST_TOO_LARGE */
export function readHead(headers: IncomingHttpHeaders, limits: { body_bytes: number }): RequestHead {
  const format = formatOf(headers['content-type'] ?? '');
  const gzip = isGzip(headers['content-encoding'] ?? '');
  const key = keyOf(headers['idempotency-key']);
  const length = headers['content-length'];
  const size_bytes = length === undefined ? null : Number(length);
  if (size_bytes === 0) throw new HttpProblem('REQUEST_INVALID', 'The body is empty.');
  if (size_bytes !== null && size_bytes > limits.body_bytes) throw bodyTooLarge(limits.body_bytes);
  return { format, gzip, key, size_bytes };
}

export function bodyTooLarge(body_bytes: number, how = ''): HttpProblem {
  return new HttpProblem('REQUEST_TOO_LARGE', `The body is over ${body_bytes} bytes${how}: send it in parts.`);
}

function formatOf(contentType: string): RowFormat {
  const [type, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const format = Object.hasOwn(ROW_TYPES, type) ? ROW_TYPES[type as keyof typeof ROW_TYPES] : undefined;
  const types = Object.keys(ROW_TYPES).join(', ');
  const refuse = (detail: string) =>
    new HttpProblem('FORMAT_UNSUPPORTED', detail, { headers: { 'accept-post': types } });
  if (!format) throw refuse(`Content-Type must be one of ${types}.`);
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
    if (name === 'charset' && !['utf-8', 'utf8', 'us-ascii'].includes(value))
      throw refuse('The charset must be UTF-8.');
    if (name === 'header' && value !== 'present') throw refuse('The first record of text/csv must be its header.');
  }
  return format;
}

function isGzip(encoding: string): boolean {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return false;
  if (name === 'gzip' || name === 'x-gzip') return true;
  throw new HttpProblem('FORMAT_UNSUPPORTED', 'Content-Encoding must be gzip, or none.', {
    headers: { 'accept-encoding': 'gzip' },
  });
}

function keyOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  // Several such headers come joined by a comma and a blank, which no key has.
  const key = String(header);
  if (key.length <= KEY_CHARACTERS && /^[\x21-\x7e]+$/.test(key)) return key;
  throw new HttpProblem('REQUEST_INVALID', `Idempotency-Key must be 1 to ${KEY_CHARACTERS} visible ASCII characters.`);
}
