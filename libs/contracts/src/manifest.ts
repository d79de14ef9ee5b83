import { compress, decompress } from './chunk.js';
import { CONTRACT, ENVELOPE_BYTES, type Envelope, KIND, openEnvelope, sealEnvelope } from './envelope.js';
import { type ErrorCode, MillraceError, type RejectCode } from './errors.js';

/** A rejected record: which, why, and what it held. */
export interface Reject {
  record: number;
  /** First failing column in schema order; null when the row as a whole failed. */
  column: string | null;
  code: RejectCode;
  /** The value that failed, as text without NUL, at most 512 bytes; null when the row as a whole failed. */
  value: string | null;
  /** The record's bytes in base64, at most 4 KiB of them. */
  raw: string;
}

/** What a chunk gave: which batches exist and which records were rejected. One a chunk, on `rejects.<dataset>`. */
export interface Manifest {
  source: number;
  chunk: number;
  plan: string;
  records: number;
  skipped: number;
  slots: number[];
  rejects: Reject[];
}

/** A message that could not be processed. `source`, `chunk`, `slot` are set when they could be read. */
export interface SetAside {
  source: number | null;
  chunk: number | null;
  slot: number | null;
  stage: string;
  topic: string;
  partition: number;
  /** Decimal digits: offsets pass 2^53. */
  offset: string;
  code: ErrorCode;
  reason: string;
  size_bytes: number;
}

const BODY = ENVELOPE_BYTES + 4;
const BODY_LIMIT = 32 * 1024 * 1024;
const NO_PLAN = '0000000000000000';

/** @param contract the version of the chunk */
export function encodeManifest(manifest: Manifest, contract: number = CONTRACT.newest): Buffer {
  const { source, chunk, plan, ...body } = manifest;
  return encodeJson({ kind: KIND.manifest, source, chunk, plan }, body, contract);
}

/** @param contract see `contractOf` */
export function encodeSetAside(setAside: SetAside, contract: number = CONTRACT.newest): Buffer {
  const identity = { source: setAside.source ?? 0, chunk: setAside.chunk ?? 0, plan: NO_PLAN };
  return encodeJson({ kind: KIND.set_aside, ...identity }, setAside, contract);
}

/** Reads either message of `rejects.<dataset>`. @throws MillraceError MESSAGE_* */
export function decodeRejectsMessage(
  message: Buffer,
): { kind: 'manifest'; manifest: Manifest } | { kind: 'set_aside'; setAside: SetAside } {
  const { kind, source, chunk, plan } = openEnvelope(message, [KIND.manifest, KIND.set_aside]);
  const size = message.length < BODY ? BODY_LIMIT + 1 : message.readUInt32LE(ENVELOPE_BYTES);
  if (size > BODY_LIMIT) throw new MillraceError('MESSAGE_TOO_LARGE', `manifest claims ${size} bytes`);
  let body: unknown;
  try {
    body = JSON.parse(decompress(message.subarray(BODY), size).toString('utf8'));
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('MESSAGE_CONTRACT', 'manifest is no JSON', { cause });
  }
  if (kind === KIND.set_aside) return { kind: 'set_aside', setAside: body as SetAside };
  return {
    kind: 'manifest',
    manifest: { source, chunk, plan, ...(body as Omit<Manifest, 'source' | 'chunk' | 'plan'>) },
  };
}

function encodeJson(envelope: Omit<Envelope, 'flags'>, body: object, contract: number): Buffer {
  const raw = Buffer.from(JSON.stringify(body));
  const compressed = compress(raw);
  const message = Buffer.allocUnsafe(BODY + compressed.length);
  message.writeUInt32LE(raw.length, ENVELOPE_BYTES);
  compressed.copy(message, BODY);
  sealEnvelope(message, { ...envelope, flags: 0 }, contract);
  return message;
}
