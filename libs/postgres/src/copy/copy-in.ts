import type pg from 'pg';
import { type CopyStreamQuery, from } from 'pg-copy-streams';

/** COPY's signature, flags and header extension; and the trailer. */
const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const COPY_TRAILER = Buffer.from([0xff, 0xff]);

/**
 * Streams tuples into a table by binary COPY; `buffers` is drawn from as the server takes them, so that encoding and
 * the server's work go on side by side. Resolves with the number of rows once the server has them.
 * @param target table and columns, quoted: `public."sales" ("order_id", "_source")`
 * @throws what the server answers (SQLSTATE in `code`); the connection stays usable
 */
export async function copyIn(client: pg.ClientBase, target: string, buffers: Iterable<Buffer>): Promise<number> {
  const stream = client.query(from(`copy ${target} from stdin with (format binary)`));
  const finished = new Promise<void>((resolve, reject) => stream.once('finish', resolve).on('error', reject));
  let refused = false;
  finished.catch(() => {
    refused = true;
  });
  try {
    await send(stream, COPY_HEADER, finished);
    for (const buffer of buffers) await send(stream, buffer, finished);
  } catch (error) {
    // A fault of ours: the server, which waits for more, must be told to forget the rows.
    if (!refused) stream.destroy(error as Error);
    await finished.catch(() => {});
    throw error;
  }
  stream.end(COPY_TRAILER);
  await finished;
  return stream.rowCount;
}

/** Resolves when the buffer was handed to the socket, and (from its high-water mark on) sent. */
function send(stream: CopyStreamQuery, buffer: Buffer, finished: Promise<void>): Promise<void> {
  const sent = new Promise<void>((resolve, reject) => {
    stream.write(buffer, (error) => (error ? reject(error) : resolve()));
  });
  return Promise.race([sent, finished]);
}
