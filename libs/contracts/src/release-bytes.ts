/**
 * Gives a buffer's memory back at once; it is empty from then on. Left to the collector, dead buffers are what makes it look through
 * the whole heap: it counts their bytes as growth. Only for whoever made the buffer, and knows that nobody else still reads it.
 * Small ones, whose memory is the pool's, stay as they are.
 */
export function releaseBytes({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
