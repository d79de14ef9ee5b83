import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const FILE_BYTES = 8 * 1024 * 1024;
const KEPT = 3;
const LINE_CHARS = 500;
/** How far back a failure is looked for. */
const LINES = 100;

/** What the supervisor itself writes between the lines of a service begins with this. */
export const OWN_LINE = 'millrace: ';

/** Appends one process' output to a file: at most `size_bytes`, then rotated to `.1` to `.3`; older output goes. */
export class LogFile {
  private descriptor: number | undefined;
  private size = 0;
  /** Bytes that could not be written (disk full): a log must never stop the flow. */
  lost_bytes = 0;

  constructor(
    readonly path: string,
    private readonly size_bytes = FILE_BYTES,
  ) {
    mkdirSync(dirname(path), { recursive: true });
  }

  write(chunk: Buffer | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    try {
      if (this.descriptor !== undefined && this.size + bytes.length > this.size_bytes) this.rotate();
      this.descriptor ??= this.open();
      this.size += writeSync(this.descriptor, bytes);
    } catch {
      this.lost_bytes += bytes.length;
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private open(): number {
    const descriptor = openSync(this.path, 'a');
    this.size = fstatSync(descriptor).size;
    return descriptor;
  }

  private rotate(): void {
    this.close();
    for (let age = KEPT; age > 0; age--) {
      const younger = age === 1 ? this.path : `${this.path}.${age - 1}`;
      try {
        renameSync(younger, `${this.path}.${age}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    this.size = 0;
  }
}

/** What a service said last of its failure: its last fatal or error line, else the last line of its output. */
export function lastFailure(path: string): string {
  const lines = readEnd(path).filter((line) => !line.startsWith(OWN_LINE));
  const failure = lines.findLast((line) => /"level":"(error|fatal)"/.test(line) || /^\w*Error\b/.test(line));
  return describeLine(failure ?? lines.at(-1) ?? '').slice(0, LINE_CHARS);
}

/** `{"msg":"failed","err":{"message":"..."}}` as `failed: ...`; anything else as it is. */
function describeLine(line: string): string {
  try {
    const { msg, err, reason } = JSON.parse(line) as { msg?: string; err?: { message?: string }; reason?: string };
    return [msg, err?.message ?? reason].filter(Boolean).join(': ');
  } catch {
    return line;
  }
}

function readEnd(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LINES);
  } catch {
    return [];
  }
}
