import { crc32 } from 'node:zlib';
import { MillraceError } from './errors.js';

/**
 * Every message begins with this envelope (little endian):
 *
 *     0  magic "MLR1"      4  kind u8     5  version u8    6  flags u16
 *     8  crc32 of [4..8) and [12..)  12  source u32  16 chunk u32     20  plan, 8 bytes
 *
 * Kinds: 1 chunk (bronze), 2 batch (silver, screened), 3 manifest, 4 set aside (both on rejects).
 *
 * The envelope is the same in every version: a service that does not know a version can still tell it, and whose the message is.
 */
export const ENVELOPE_BYTES = 28;
const MAGIC = 0x31524c4d;

/**
 * The contract versions that this program reads. Of one release and the next at least one must be common to both, so that they
 * run side by side (docs/upgrades.md). A chunk goes its whole way in one version: the ingestor chooses it, and what a stage makes
 * has that of what it was made from. A version says how a message is laid out, never what it means: in any of them a chunk gives the same rows,
 * rejects and slots, so that it can be published again in another one.
 */
export const CONTRACT = { oldest: 1, newest: 2 } as const;
/** From here on a body has its records as steps (libs/columnar), and a screened batch no hashes. */
export const COMPACT_CONTRACT = 2;

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
export function sealEnvelope(message: Buffer, envelope: Envelope, contract: number): void {
  message.writeUInt32LE(MAGIC, 0);
  message.writeUInt8(envelope.kind, 4);
  message.writeUInt8(contract, 5);
  message.writeUInt16LE(envelope.flags, 6);
  message.writeUInt32LE(envelope.source, 12);
  message.writeUInt32LE(envelope.chunk, 16);
  message.write(envelope.plan, 20, 8, 'hex');
  message.writeUInt32LE(checksum(message), 8);
}

/**
 * Reads and checks an envelope. `identityOf` below is for what fails here.
 * @throws MillraceError MESSAGE_GARBAGE, MESSAGE_VERSION or MESSAGE_CHECKSUM; CONTRACT_NEWER, for which nothing may be set aside
 */
export function openEnvelope(message: Buffer, kinds: readonly Kind[]): Envelope {
  if (message.length < ENVELOPE_BYTES || message.readUInt32LE(0) !== MAGIC) {
    throw new MillraceError('MESSAGE_GARBAGE', `not a Millrace message (${message.length} bytes)`);
  }
  const version = message.readUInt8(5);
  const isWhole = checksum(message) === message.readUInt32LE(8);
  if (version < CONTRACT.oldest || version > CONTRACT.newest) throw foreignVersion(version, isWhole);
  if (!isWhole) throw new MillraceError('MESSAGE_CHECKSUM', 'checksum does not match');
  const kind = message.readUInt8(4) as Kind;
  if (!kinds.includes(kind)) {
    throw new MillraceError('MESSAGE_CONTRACT', `message of kind ${kind} where ${kinds.join(' or ')} is expected`);
  }
  return { kind, flags: message.readUInt16LE(6), ...identityAt(message) };
}

/** A newer version is that of a later release, unless its byte is what was damaged: nobody would ever know that one. */
function foreignVersion(version: number, isWhole: boolean): MillraceError {
  const range = `this program reads ${CONTRACT.oldest} to ${CONTRACT.newest}`;
  if (version < CONTRACT.oldest || !isWhole) {
    return new MillraceError('MESSAGE_VERSION', `contract version ${version}, ${range}`);
  }
  return new MillraceError(
    'CONTRACT_NEWER',
    `contract version ${version} of a later release, ${range}: it waits for an instance of that release`,
  );
}

/** The contract version in which a message is laid out; the oldest for what is not ours, which every release beside this one reads. */
export function contractOf(message: Buffer | null): number {
  const version = identityOf(message) ? (message as Buffer).readUInt8(5) : 0;
  return version > CONTRACT.newest || version < CONTRACT.oldest ? CONTRACT.oldest : version;
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
