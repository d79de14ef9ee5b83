import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { HttpProblem } from './problem.js';
import { bodyTooLarge } from './request-head.js';

const unpack = promisify(gunzip);

export interface BodyBounds {
  body_bytes: number;
  /** For the whole body to come. */
  within_ms: number;
}

/**
 * The body, unpacked. Never holds more than the bound twice (the pieces and the whole).
 * @throws HttpProblem REQUEST_TOO_LARGE, REQUEST_TIMEOUT, REQUEST_INVALID (empty, cut off, broken gzip)
 */
export async function readBody(stream: IncomingMessage, gzip: boolean, bounds: BodyBounds): Promise<Buffer> {
  const sent = await receive(stream, bounds);
  const body = gzip && sent.length > 0 ? await unpackBounded(sent, bounds.body_bytes) : sent;
  if (body.length === 0) throw new HttpProblem('REQUEST_INVALID', 'The body is empty.');
  return body;
}

function receive(stream: IncomingMessage, { body_bytes, within_ms }: BodyBounds): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size_bytes = 0;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      stream.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      // What still comes is thrown away: the connection lives on until the answer is out.
      stream.on('error', () => {}).resume();
      settle();
    };
    const fail = (problem: HttpProblem) => end(() => reject(problem));
    const onData = (piece: Buffer) => {
      size_bytes += piece.length;
      if (size_bytes > body_bytes) fail(bodyTooLarge(body_bytes));
      else pieces.push(piece);
    };
    const onEnd = () => end(() => resolve(Buffer.concat(pieces, size_bytes)));
    const onClose = () => fail(new HttpProblem('REQUEST_INVALID', 'The body is cut off: no row of it was taken.'));
    const onTimeout = () =>
      fail(new HttpProblem('REQUEST_TIMEOUT', `The body took over ${within_ms} ms: no row of it was taken.`));
    const timer = setTimeout(onTimeout, within_ms);
    stream.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

/** Reads a body to its end and keeps nothing of it: a connection that is closed with unread bytes would take the answer with it. */
export async function discardBody(stream: IncomingMessage, within_ms: number): Promise<void> {
  stream.resume();
  await finished(stream, { signal: AbortSignal.timeout(within_ms), cleanup: true }).catch(() => {});
}

async function unpackBounded(sent: Buffer, body_bytes: number): Promise<Buffer> {
  try {
    return await unpack(sent, { maxOutputLength: body_bytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge(body_bytes, ' unpacked');
    throw new HttpProblem('REQUEST_INVALID', 'The body is not gzip, or it is cut off or damaged.', { cause: error });
  }
}
