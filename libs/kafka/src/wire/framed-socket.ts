import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';

interface Destination {
  host: string;
  port: number;
  /** kafkajs gives null for plaintext. */
  ssl?: ConnectionOptions | null;
  onConnect: () => void;
}

const KEEP_ALIVE_MS = 60_000;
const READ_BYTES = 128 * 1024;
const SIZE_BYTES = 4;
/** Larger than any response that we ask for; what claims more is no Kafka broker. */
export const FRAME_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * kafkajs' socket factory, but a plaintext socket reads into one buffer that is used again and again, and gives each response in one
 * piece of exactly its size. Otherwise Node allocates 64 KiB for each read and kafkajs joins them: twice the bytes, all of them garbage.
 */
export function openSocket({ host, port, ssl, onConnect }: Destination): Socket | TLSSocket {
  const servername = isIP(host) ? {} : { servername: host };
  const socket = ssl ? connectTls({ host, port, ...servername, ...ssl }, onConnect) : openPlain(host, port, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
}

function openPlain(host: string, port: number, onConnect: () => void): Socket {
  const frames = new Frames((frame) => socket.emit('data', frame));
  const socket: Socket = connect(
    {
      host,
      port,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (size_bytes, buffer) => {
          frames.take(Buffer.from(buffer.buffer, buffer.byteOffset, size_bytes));
          return true;
        },
      },
    },
    onConnect,
  );
  return socket;
}

/** Cuts what was read into frames: a size of 4 bytes, and as many bytes as it says. */
export class Frames {
  readonly #size = Buffer.alloc(SIZE_BYTES);
  #size_bytes = 0;
  #frame: Buffer | undefined;
  #filled = 0;
  /** What comes has no frames: it is passed on as it is, for the client to fail on. */
  #foreign = false;

  /** @param onFrame gets each whole frame, with its size, in memory that is its own */
  constructor(private readonly onFrame: (frame: Buffer) => void) {}

  /** @param bytes are read before this returns; they may be overwritten then */
  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#foreign) {
        this.onFrame(Buffer.from(bytes.subarray(at)));
        return;
      }
      at += this.#frame ? this.#fill(this.#frame, bytes, at) : this.#begin(bytes, at);
    }
  }

  #begin(bytes: Buffer, from: number): number {
    const taken = bytes.copy(this.#size, this.#size_bytes, from);
    this.#size_bytes += taken;
    if (this.#size_bytes < SIZE_BYTES) return taken;
    this.#size_bytes = 0;
    const size_bytes = this.#size.readInt32BE(0);
    if (size_bytes < 0 || size_bytes > FRAME_LIMIT_BYTES) {
      this.#foreign = true;
      this.onFrame(Buffer.from(this.#size));
      return taken;
    }
    const frame = Buffer.allocUnsafe(SIZE_BYTES + size_bytes);
    this.#size.copy(frame);
    this.#filled = SIZE_BYTES;
    this.#frame = frame;
    if (size_bytes === 0) this.#pass(frame);
    return taken;
  }

  #fill(frame: Buffer, bytes: Buffer, from: number): number {
    const taken = bytes.copy(frame, this.#filled, from);
    this.#filled += taken;
    if (this.#filled === frame.length) this.#pass(frame);
    return taken;
  }

  #pass(frame: Buffer): void {
    this.#frame = undefined;
    this.onFrame(frame);
  }
}
