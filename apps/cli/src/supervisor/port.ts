import { createServer } from 'node:net';

/** Where services listen unless told otherwise. */
const HOST = '127.0.0.1';

/** `wanted` when it can be listened on, else 0: any. */
export function freePort(wanted: number | undefined, host = process.env.MILLRACE_HTTP_HOST || HOST): Promise<number> {
  if (!wanted) return Promise.resolve(0);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(0));
    server.listen(wanted, host, () => server.close(() => resolve(wanted)));
  });
}
