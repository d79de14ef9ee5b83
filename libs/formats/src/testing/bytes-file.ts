import { type Content, type ContentOptions, openContent, type RawFile } from '../content/content.js';

/** Bytes as a file, which counts what is read of it. */
export class BytesFile implements RawFile {
  read_bytes = 0;

  constructor(private readonly bytes: Uint8Array) {}

  read(position: number, into: Uint8Array): number {
    const size = Math.max(0, Math.min(into.length, this.bytes.length - position));
    into.set(this.bytes.subarray(position, position + size));
    this.read_bytes += size;
    return size;
  }
}

export const PATH = 'directory/a.csv';

export function contentOf(bytes: Uint8Array, options: Partial<ContentOptions> = {}): Content {
  return openContent(new BytesFile(bytes), optionsFor(bytes, options));
}

export function optionsFor(bytes: Uint8Array, options: Partial<ContentOptions> = {}): ContentOptions {
  return { compression: null, encoding: 'utf-8', format: 'csv', size_bytes: bytes.length, path: PATH, ...options };
}

/** All of a text that is in one piece. */
export async function textOf(bytes: Uint8Array, options: Partial<ContentOptions> = {}): Promise<Buffer> {
  const content = contentOf(bytes, options);
  try {
    const text = Buffer.alloc(await content.size());
    await content.readInto(text, 0);
    return text;
  } finally {
    await content.close();
  }
}
