import { crc32 } from 'node:zlib';
import { MillraceError } from './errors.js';

/**
 * Every message begins with this envelope (little endian):
 *
 *     0  magic "MLR1"      4  kind u8     5  version u8    6  flags u16
 *     8  crc32 of [4..8) and [12..)  12  source u32  16 chunk u32     20  plan, 8 bytes
 *
 * Kinds: 1 chunk (bronze), 2 batch (silver, screened), 3 manifest, 4 set aside (both on rejects).
 */
export const ENVELOPE_BYTES = 28;
export const CONTRACT_VERSION = 1;
const MAGIC = 0x31524c4d;

export const KIND = { chunk: 1, batch: 2, manifest: 3, set_aside: 4 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

export interface Envelope {
  kind: Kind;
  flags: number;
  source: number;
  chunk: number;
  /** 16 hex digits: the fingerprint of the plan under which the chunk was cut. */
  plan: string;
}

/** Writes the envelope into the first 28 bytes of `message`; everything behind must be in place already. */
export function sealEnvelope(message: Buffer, envelope: Envelope): void {
  message.writeUInt32LE(MAGIC, 0);
  message.writeUInt8(envelope.kind, 4);
  message.writeUInt8(CONTRACT_VERSION, 5);
  message.writeUInt16LE(envelope.flags, 6);
  message.writeUInt32LE(envelope.source, 12);
  message.writeUInt32LE(envelope.chunk, 16);
  message.write(envelope.plan, 20, 8, 'hex');
  message.writeUInt32LE(checksum(message), 8);
}

/**
 * Reads and checks an envelope. `identityOf` below is for what fails here.
 * @throws MillraceError MESSAGE_GARBAGE, MESSAGE_VERSION or MESSAGE_CHECKSUM
 */
export function openEnvelope(message: Buffer, kinds: readonly Kind[]): Envelope {
  if (message.length < ENVELOPE_BYTES || message.readUInt32LE(0) !== MAGIC) {
    throw new MillraceError('MESSAGE_GARBAGE', `not a Millrace message (${message.length} bytes)`);
  }
  const version = message.readUInt8(5);
  if (version !== CONTRACT_VERSION) {
    throw new MillraceError('MESSAGE_VERSION', `contract version ${version}, this service reads ${CONTRACT_VERSION}`);
  }
  if (checksum(message) !== message.readUInt32LE(8)) {
    throw new MillraceError('MESSAGE_CHECKSUM', 'checksum does not match');
  }
  const kind = message.readUInt8(4) as Kind;
  if (!kinds.includes(kind)) {
    throw new MillraceError('MESSAGE_CONTRACT', `message of kind ${kind} where ${kinds.join(' or ')} is expected`);
  }
  return { kind, flags: message.readUInt16LE(6), ...identityAt(message) };
}

function checksum(message: Buffer): number {
  return crc32(message.subarray(12), crc32(message.subarray(4, 8)));
}

function identityAt(message: Buffer): { source: number; chunk: number; plan: string } {
  return {
    source: message.readUInt32LE(12),
    chunk: message.readUInt32LE(16),
    plan: message.toString('hex', 20, 28),
  };
}

/** What chunk a damaged message seems to belong to, to mark it failed; undefined when it is not ours at all. */
export function identityOf(message: Buffer | null): { source: number; chunk: number; plan: string } | undefined {
  if (!message || message.length < ENVELOPE_BYTES || message.readUInt32LE(0) !== MAGIC) return undefined;
  return identityAt(message);
}
