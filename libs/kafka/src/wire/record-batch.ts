import { crc32c } from '@node-rs/crc32';
import { PieceEncoder } from './encoder.js';

/** What kafkajs' producer gives; the numbers of 64 bits are its own Long. */
export interface RecordBatchFields {
  compression?: number;
  firstOffset?: unknown;
  firstTimestamp?: unknown;
  maxTimestamp?: unknown;
  partitionLeaderEpoch?: number;
  lastOffsetDelta?: number;
  transactional?: boolean;
  producerId?: unknown;
  producerEpoch?: number;
  firstSequence?: number;
  records?: PieceEncoder[];
}

const MAGIC = 2;
const TRANSACTIONAL = 16;
/** Of a batch: what stands between its length and its checksummed part: leader epoch, magic, checksum. */
const BEFORE_BODY_BYTES = 4 + 1 + 4;
const ATTRIBUTES_OF_CODEC = 7;
const NO_PRODUCER = -1;

/**
 * A record batch of version 2 without compression (https://kafka.apache.org/documentation/#recordbatch), as kafkajs'
 * `protocol/recordBatch/v0` makes it, but checksummed piece by piece: nothing is copied. @returns undefined when it is to be compressed
 */
export function encodeRecordBatch({
  compression = 0,
  firstOffset = 0,
  firstTimestamp = Date.now(),
  maxTimestamp = Date.now(),
  partitionLeaderEpoch = 0,
  lastOffsetDelta = 0,
  transactional = false,
  producerId = NO_PRODUCER,
  producerEpoch = 0,
  firstSequence = 0,
  records = [],
}: RecordBatchFields): PieceEncoder | undefined {
  if ((compression & ATTRIBUTES_OF_CODEC) !== 0) return undefined;
  const body = new PieceEncoder()
    .writeInt16(transactional ? TRANSACTIONAL : 0)
    .writeInt32(lastOffsetDelta)
    .writeInt64(firstTimestamp)
    .writeInt64(maxTimestamp)
    .writeInt64(producerId)
    .writeInt16(producerEpoch)
    .writeInt32(firstSequence)
    .writeArray(records, 'object');
  const checksum = body.pieces().reduce((sum, piece) => crc32c(piece, sum), 0);
  return new PieceEncoder()
    .writeInt64(firstOffset)
    .writeInt32(BEFORE_BODY_BYTES + body.size())
    .writeInt32(partitionLeaderEpoch)
    .writeInt8(MAGIC)
    .writeUInt32(checksum)
    .writeEncoder(body);
}
