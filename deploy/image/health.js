// `health.js live|ready`: exit code 0 when this container's service says so. For health checks: no curl in the image.
import { get } from 'node:http';

const TIMEOUT_MS = 4000;
const { MILLRACE_HTTP_PORT = '8080' } = process.env;

const request = get(`http://127.0.0.1:${MILLRACE_HTTP_PORT}/health/${process.argv[2] ?? 'live'}`, (response) => {
  response.on('data', (piece) => process.stdout.write(piece));
  response.on('end', () => end(response.statusCode === 200 ? 0 : 1));
});
request.setTimeout(TIMEOUT_MS, () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
request.on('error', (error) => end(1, error.message));

/** Where a health check begins, no stage may take its time: nothing is waited for. */
function end(exit_code, message) {
  if (message) process.stderr.write(`${message}\n`);
  process.exitCode = exit_code;
}
